// HAR files out of what real clients and servers said to each other, held against tshark's reading of the same packets.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, request } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcp, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ClearReader } from '../../appliance/proxy/content/clear-reader.ts';
import { type Exchange, HttpConversation } from '../../appliance/proxy/content/exchanges.ts';
import { harEntry } from '../../appliance/proxy/content/har.ts';
import { ClearStream, PCAP_HEADER } from '../../appliance/proxy/record/clear-stream.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const skip = spawnSync('tshark', ['-v']).error === undefined ? false : 'tshark is not installed';
const SECRET = 'correct-horse-battery-42';
const LONG = 'x'.repeat(40_000);
/** With the fields by which IoTPF's listing 3 identifies MiJia. */
const PACKED = { token: SECRET, list: [{ did: '1', pd_id: 2, model: 'plug', is_online: true }], text: LONG };

const folder = mkdtempSync(join(tmpdir(), 'weir-har-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const state = join(folder, 'state');
const capture = join(state, 'runs/one/decrypted.pcap');

/** A relay in front of `server` that keeps what passes as the proxy's record has it. */
async function tapped(
  server: Server,
  clientPort: number,
  frames: Buffer[],
): Promise<{ port: number; end: () => void }> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stream = new ClearStream({ client: '192.0.2.7', clientPort, server: '203.0.113.1', serverPort: 443 }, null);
  frames.push(stream.open(1_000_000n));
  const wire = createTcp((near) => {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    near.on('data', (bytes: Buffer) => frames.push(stream.data(now(), 'app', bytes)));
    far.on('data', (bytes: Buffer) => frames.push(stream.data(now(), 'server', bytes)));
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => {});
  });
  await once(wire.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (wire.address() as AddressInfo).port,
    end: () => {
      server.close();
      wire.close();
    },
  };
}

const now = (): bigint => BigInt(Date.now()) * 1000n;

async function http1(frames: Buffer[]): Promise<void> {
  const server = createHttp((asked, answer) => {
    asked.resume();
    asked.on('end', () => {
      answer.setHeader('set-cookie', `sid=${SECRET}; HttpOnly`);
      if (asked.url?.startsWith('/packed') === true) {
        answer.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        const packed = gzipSync(JSON.stringify(PACKED));
        answer.write(packed.subarray(0, 20));
        answer.end(packed.subarray(20));
      } else
        answer
          .writeHead(asked.url === '/none' ? 204 : 200, { 'content-type': 'image/png' })
          .end(asked.url === '/none' ? undefined : Buffer.from([137, 80, 78, 71, 255]));
    });
  });
  const { port, end } = await tapped(server, 40_001, frames);
  const { Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (method: string, path: string, body = '') => {
    const headers = { host: 'api.example.com', authorization: `Bearer ${SECRET}`, 'content-type': 'text/plain' };
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    answer.resume();
    await once(answer, 'end');
  };
  await ask('GET', `/packed?password=${SECRET}&n=1`);
  await ask('HEAD', '/packed');
  await ask('POST', `/v1/user`, `name=a&password=${SECRET}`);
  await ask('GET', '/none');
  await ask('PUT', '/empty');
  agent.destroy();
  end();
}

async function http2(frames: Buffer[]): Promise<void> {
  const server = createHttp2();
  server.on('stream', (stream, headers) => {
    stream.on('data', () => {});
    stream.on('end', () => {
      stream.respond({
        ':status': headers[':path'] === '/two' ? 404 : 200,
        'content-type': 'text/plain',
        etag: `"${SECRET}"`,
      });
      stream.end(`${SECRET}${LONG}`);
    });
  });
  const { port, end } = await tapped(server as unknown as Server, 40_002, frames);
  const client = connectHttp2(`http://127.0.0.1:${port}`);
  const ask = async (path: string, body: string) => {
    const stream = client.request({
      ':method': 'POST',
      ':path': path,
      ':authority': 'two.example.com',
      'x-token': SECRET,
    });
    stream.end(body);
    stream.resume();
    await once(stream, 'end');
  };
  await Promise.all([ask('/one', LONG), ask('/two', LONG + LONG)]);
  client.close();
  end();
}

before(async () => {
  const frames = [PCAP_HEADER];
  await http1(frames);
  await http2(frames);
  const broker = new ClearStream(
    { client: '192.0.2.7', clientPort: 40_003, server: '203.0.113.1', serverPort: 8883 },
    null,
  );
  frames.push(broker.open(now()), broker.data(now(), 'app', Buffer.from('100c00044d5154540402003c0000', 'hex')));
  mkdirSync(join(state, 'runs/one'), { recursive: true });
  writeFileSync(capture, Buffer.concat(frames));
  const row = {
    ts: '1970-01-01T00:00:00.000Z',
    app: 'lamp\u202e',
    round: 'after',
    host: 'x',
    address: '203.0.113.1',
    port: 443,
  };
  writeFileSync(
    join(state, 'runs/one/connections.ndjson'),
    `${JSON.stringify({ ...row, client: '192.0.2.7:40001' })}\n`,
  );
});

interface Entry {
  readonly startedDateTime: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly httpVersion: string;
    readonly bodySize: number;
    readonly postData?: { readonly text: string };
    readonly headers: readonly { readonly name: string; readonly value: string }[];
  };
  readonly response: {
    readonly status: number;
    readonly bodySize: number;
    readonly content: { readonly size: number; readonly text?: string; readonly encoding?: string };
  };
  readonly _app: string;
}

function har(name: string, ...words: readonly string[]): { readonly text: string; readonly entries: readonly Entry[] } {
  const out = join(folder, name);
  const run = spawnSync(process.execPath, [MAIN, 'proxy', 'har', '--out', out, '--dir', state, ...words], {
    encoding: 'utf8',
  });
  assert.match(run.stdout, /7 exchanges of 2 connections.*; 1 connections spoke no HTTP/, run.stderr);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const text = readFileSync(out, 'utf8');
  return { text, entries: (JSON.parse(text) as { log: { entries: Entry[] } }).log.entries };
}

test('a HAR has the requests that tshark finds, with their answers', { skip }, () => {
  const { entries } = har('content.har', '--content');
  const tshark = (filter: string, field: string) => {
    const words = ['-n', '-r', capture, '-d', 'tcp.port==443,http', '-Y', filter, '-T', 'fields', '-e', field];
    const { stdout } = spawnSync('tshark', words, { encoding: 'utf8' });
    return stdout.split(/[\n,]/).filter((line) => line !== '');
  };
  const theirs = [
    ...tshark('http.request', 'http.request.method'),
    ...tshark('http2.headers.method', 'http2.headers.method'),
  ];
  assert.deepEqual(
    new Set(
      entries.map(({ request: { method, url }, response }) => `${method} ${new URL(url).pathname} ${response.status}`),
    ),
    new Set([
      'GET /packed 200',
      'HEAD /packed 200',
      'POST /v1/user 200',
      'GET /none 204',
      'PUT /empty 200',
      'POST /one 200',
      'POST /two 404',
    ]),
  );
  const count = (methods: readonly string[], of: string) => methods.filter((method) => method === of).length;
  for (const method of ['GET', 'HEAD', 'POST', 'PUT'])
    assert.equal(
      count(theirs, method),
      count(
        entries.map(({ request }) => request.method),
        method,
      ),
      method,
    );
});

test('with content, bodies are as they were: unpacked, joined, and bytes as Base64', () => {
  const { entries } = har('content2.har', '--content');
  const of = (method: string, path: string) => {
    const found = entries.find(({ request }) => request.method === method && new URL(request.url).pathname === path);
    assert.ok(found, path);
    return found;
  };
  assert.deepEqual(JSON.parse(of('GET', '/packed').response.content.text ?? ''), PACKED);
  assert.equal(of('POST', '/v1/user').request.postData?.text, `name=a&password=${SECRET}`);
  assert.deepEqual(
    Buffer.from(of('PUT', '/empty').response.content.text ?? '', 'base64'),
    Buffer.from([137, 80, 78, 71, 255]),
  );
  assert.equal(of('POST', '/two').request.postData?.text, LONG + LONG);
  assert.equal(of('POST', '/one').response.content.text, `${SECRET}${LONG}`);
  assert.equal(of('HEAD', '/packed').response.content.size, 0);
  assert.equal(of('GET', '/packed')._app, 'lamp\u202e');
});

test('without it, no secret is in the file, and names, sizes and paths are', () => {
  const { text, entries } = har('masked.har');
  assert.ok(!text.includes(SECRET));
  assert.ok(!text.includes(LONG));
  const [first] = entries;
  assert.equal(first?.request.url, 'https://api.example.com/packed?password=co…(24)&n=…(1)');
  assert.deepEqual(first?.request.headers.find(({ name }) => name.toLowerCase() === 'authorization')?.value, 'Be…(31)');
  assert.deepEqual(
    entries.map(({ request }) => request.bodySize).sort((a, b) => a - b),
    [0, 0, 0, 0, 40, 40_000, 80_000],
  );
});

test('a file that is there is not written over, and a run that cannot be read leaves none', () => {
  const out = join(folder, 'there.har');
  writeFileSync(out, 'mine');
  const refused = spawnSync(process.execPath, [MAIN, 'proxy', 'har', '--out', out, '--dir', state], {
    encoding: 'utf8',
  });
  assert.match(refused.stderr, /EEXIST.*nothing was written/);
  assert.equal(readFileSync(out, 'utf8'), 'mine');
  const other = join(folder, 'other');
  mkdirSync(join(other, 'runs/bare'), { recursive: true });
  const half = join(folder, 'half.har');
  assert.equal(spawnSync(process.execPath, [MAIN, 'proxy', 'har', '--out', half, '--dir', other]).status, 2);
  assert.ok(!existsSync(half));
});

test('rules name the platform of the host by what it answers inside TLS', () => {
  const words = [join(MAIN, '../../cli/main.js'), 'rules', 'explain', capture];
  const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  assert.match(
    stdout,
    /belongs MiJia, 203\.0\.113\.1:443 \[mijia-app-answer\] sufficient-positive: answer JSON with did, pd_id/,
  );
});

/** What is read of a direction that comes in pieces of `size` bytes. */
function readPieces(
  app: Buffer,
  server: Buffer,
  size: number,
): { readonly found: Exchange[]; readonly http: boolean[] } {
  const found: Exchange[] = [];
  const http: boolean[] = [];
  const talk = new HttpConversation(
    { client: 'a', address: 'b', port: 1 },
    {
      exchange: (exchange) => void found.push(exchange),
      connection: (isHttp) => void http.push(isHttp),
    },
  );
  for (const [side, bytes] of [
    ['app', app],
    ['server', server],
  ] as const)
    for (let at = 0; at < bytes.length; at += size) talk.said(side, bytes.subarray(at, at + size), at);
  talk.end(false);
  return { found, http };
}

const PIPELINED = Buffer.from(
  'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n' +
    'GET /b HTTP/1.1\nHost: h\n\nGET /c HTTP/1.0\r\n\r\n',
);
const ANSWERS = Buffer.from(
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n' +
    'HTTP/1.0 200 OK\r\n\r\nto the end',
);

test('requests in a row, chunks, interim answers: the same however the bytes are cut', () => {
  for (let size = 1; size < 90; size++) {
    const { found, http } = readPieces(PIPELINED, ANSWERS, size);
    const rows = found.map(({ request: { target, body }, answer }) => [
      target,
      body.kept.toString(),
      answer?.status,
      answer?.body.kept.toString(),
      answer?.isWhole,
    ]);
    assert.deepEqual(
      rows,
      [
        ['/a', 'abc', 200, 'ok', true],
        ['/b', '', 304, '', true],
        ['/c', '', 200, 'to the end', true],
      ],
      `in pieces of ${size}`,
    );
    assert.deepEqual(http, [true]);
  }
});

test('over a thousand requests that wait are paired with no answer rather than with the wrong one', () => {
  const asked = Array.from({ length: 1200 }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: h\r\n\r\n`).join('');
  const answered = Array.from({ length: 1200 }, () => 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').join('');
  const { found } = readPieces(Buffer.from(asked), Buffer.from(answered), 1 << 20);
  assert.equal(found.length, 1200);
  assert.equal(found.filter(({ answer, isPaired }) => answer === undefined && !isPaired).length, 1200);
});

test('a body that would be too large unpacked, or whose packing is damaged, is marked as still packed', () => {
  const bomb = gzipSync(Buffer.alloc(33 << 20));
  const bodies = [bomb, Buffer.from('no gzip at all')];
  const head = (first: string, body: Buffer) =>
    Buffer.concat([Buffer.from(`${first}\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
  const { found } = readPieces(
    Buffer.concat(bodies.map((body) => head('POST / HTTP/1.1', body))),
    Buffer.concat(bodies.map((body) => head('HTTP/1.1 200 OK', body))),
    1 << 16,
  );
  const comments = found.map((exchange) => {
    const entry = harEntry(exchange, { app: '', round: '', host: 'h' }, true);
    const { request, response } = entry as Record<'request' | 'response', Record<string, { comment?: string }>>;
    return [request['postData']?.comment, response['content']?.comment];
  });
  const large = 'still packed: more than 32 MiB unpacked';
  const damaged = 'still packed: its packing is damaged';
  assert.deepEqual(comments, [
    [large, large],
    [damaged, damaged],
  ]);
});

test('what is no HTTP, or no longer, is counted and costs nothing', () => {
  for (const [app, server] of [
    [Buffer.alloc(1 << 20, 65), Buffer.alloc(1 << 20, 10)],
    [Buffer.from('GET / HTTP/1.1\r\n'.padEnd(1 << 20, 'A: b\r\n')), Buffer.alloc(0)],
    [
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\x01\x04\0\0\0\x01', 'latin1'),
      Buffer.from('\0\0\0\x04\0\0\0\0\0\0\0\x05\x01\x04\0\0\0\x01\xff\xff\xff\xff\xff', 'latin1'),
    ],
    [Buffer.alloc(0), Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ] as const)
    assert.deepEqual(readPieces(app, server, 1400).found, []);
  const upgraded = readPieces(
    Buffer.from('GET /live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x81\x85'),
    Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05hello'),
    1400,
  );
  assert.deepEqual(
    upgraded.found.map(({ request, answer }) => [request.target, answer?.status]),
    [['/live', 101]],
  );
});

test('a hole in the record ends a connection: nothing behind it is taken for what was said', () => {
  const stream = new ClearStream(
    { client: '2001:db8::7', clientPort: 1, server: '2001:db8::1', serverPort: 443 },
    null,
  );
  const frames = [
    stream.open(0n),
    stream.data(0n, 'app', Buffer.from('POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc')),
  ];
  stream.data(0n, 'app', Buffer.from('lost'));
  frames.push(stream.data(0n, 'app', Buffer.from('def')));
  const found: Exchange[] = [];
  const reader = new ClearReader((ends) => {
    assert.deepEqual(ends, { client: '2001:db8::7:1', address: '2001:db8::1', port: 443 });
    return new HttpConversation(ends, { exchange: (exchange) => void found.push(exchange), connection: () => {} });
  });
  for (const records of frames)
    for (let at = 0; at < records.length; at += 16 + records.readUInt32LE(at + 8))
      reader.frame(records, at + 16, at + 16 + records.readUInt32LE(at + 8), 0, 0);
  reader.finish();
  assert.deepEqual(
    found.map(({ request }) => [request.isWhole, request.body.kept.toString()]),
    [[false, 'abc']],
  );
});
