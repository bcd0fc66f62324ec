// HPACK next to the examples of RFC 7541 and next to nghttp2, which Node's own HTTP/2 packs its fields with.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { test } from 'node:test';
import { decodeHpack, EMPTY_TABLE, type HpackTable } from '../../appliance/decode/protocols/hpack.ts';
import { RandomBytes } from '../analysis/labelled/random-bytes.ts';

function decodeAll(blocks: readonly string[], size = 4096): (readonly (readonly [string, string])[] | undefined)[] {
  let table: HpackTable = { ...EMPTY_TABLE, size };
  return blocks.map((hex) => {
    const decoded = decodeHpack(Buffer.from(hex, 'hex'), table);
    table = decoded?.table ?? table;
    return decoded?.fields;
  });
}

const REQUESTS = [
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
    ['cache-control', 'no-cache'],
  ],
  [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ],
];

test('the requests of RFC 7541 C.3 without and C.4 with Huffman code', () => {
  const plain = [
    '828684410f7777772e6578616d706c652e636f6d',
    '828684be58086e6f2d6361636865',
    '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
  ];
  const packed = [
    '828684418cf1e3c2e5f23a6ba0ab90f4ff',
    '828684be5886a8eb10649cbf',
    '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
  ];
  assert.deepEqual(decodeAll(plain), REQUESTS);
  assert.deepEqual(decodeAll(packed), REQUESTS);
});

test('a small table forgets as RFC 7541 C.6 does', () => {
  const answers = decodeAll(
    [
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
    ],
    256,
  );
  assert.deepEqual(answers[1], [
    [':status', '307'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ]);
});

const BAD: readonly (readonly [string, string])[] = [
  ['an index beyond both tables', 'ff80'],
  ['index 0', '80'],
  ['a text longer than the block', '400a6375'],
  ['a number without end', 'ffffffffffffffffffffff'],
  ['a table of a gigabyte', '3fe1ffffff03'],
  ['the end mark inside a text', '4084ffffffff0161'],
];

for (const [what, hex] of BAD) {
  test(`${what} is no block`, () => assert.deepEqual(decodeAll([hex]), [undefined]));
}

test('any bytes end, within the bounds', () => {
  const random = new RandomBytes('hpack');
  for (let i = 0; i < 2000; i++) {
    const decoded = decodeHpack(random.bytes(1 + (i % 300)), EMPTY_TABLE);
    assert.ok((decoded?.fields.length ?? 0) <= 200);
  }
});

test('a block that names a long field again and again is bounded', () => {
  const long = Buffer.concat([Buffer.from('4001617f8119', 'hex'), Buffer.alloc(3200, 0x78)]);
  assert.equal(decodeHpack(Buffer.concat([long, Buffer.alloc(16_000, 0xbe)]), EMPTY_TABLE), undefined);
});

test('every byte that nghttp2 packs comes back', async (t) => {
  const value = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('');
  const high = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('');
  const server = createHttp2Server((_, response) => response.end());
  const seen: Buffer[] = [];
  const relay = createServer((socket) => {
    const onward = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('data', (bytes: Buffer) => seen.push(bytes));
    socket.pipe(onward).pipe(socket);
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
  });
  server.listen(0, '127.0.0.1');
  relay.listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(relay, 'listening')]);
  t.after(() => [server, relay].map((one) => one.close()));
  const client = connectHttp2(`http://127.0.0.1:${(relay.address() as AddressInfo).port}`);
  t.after(() => client.destroy());
  const request = client.request({ ':path': '/', 'x-low': value, 'x-high': high });
  request.resume();
  await once(request, 'end');
  const fields = fieldsOf(Buffer.concat(seen));
  assert.deepEqual(
    fields.filter(([name]) => name.startsWith('x-')),
    [
      ['x-low', value],
      ['x-high', high],
    ],
  );
});

/** Of the first HEADERS frame behind the preface. */
function fieldsOf(bytes: Buffer): readonly (readonly [string, string])[] {
  for (let at = 24; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] !== 1) continue;
    const from = at + 9 + ((bytes[at + 4]! & 0x20) === 0 ? 0 : 5);
    return decodeHpack(bytes.subarray(from, at + 9 + bytes.readUIntBE(at, 3)), EMPTY_TABLE)?.fields ?? [];
  }
  return [];
}
