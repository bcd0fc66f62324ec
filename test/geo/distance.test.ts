import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandshakeTimes } from '../../appliance/analysis/packet/handshake-times.ts';
import { checkDistance } from '../../appliance/geo/distance.ts';
import { leastDistanceKm } from '../../appliance/geo/territory.ts';

test('a country is at no distance from itself and from its neighbours', () => {
  const pairs = [
    ['DE', 'DE'],
    ['DE', 'NL'],
    ['US', 'CA'],
    ['ES', 'FR'],
    ['RU', 'CN'],
    ['SG', 'MY'],
    ['IE', 'GB'],
    ['US', 'MX'],
  ] as const;
  assert.deepEqual(
    pairs.map(([a, b]) => leastDistanceKm(a, b)),
    pairs.map(() => 0),
  );
});

test('least distances are below the true ones between places near the borders', () => {
  // Great-circle distances of two places that face each other.
  const known: readonly (readonly [string, string, number])[] = [
    ['DE', 'IE', 868], // Aachen to Rosslare
    ['GB', 'US', 4239], // Fermanagh to Maine
    ['JP', 'US', 2226], // Nemuro to Attu
    ['DE', 'SG', 9795], // Görlitz to Singapore
    ['BR', 'PT', 3752], // Saint Peter and Saint Paul to Madeira
    ['AU', 'NZ', 1648], // Mallacoota to Fiordland
    ['DE', 'AU', 12_492], // Görlitz to Exmouth
  ];
  for (const [a, b, km] of known) {
    const least = leastDistanceKm(a, b);
    assert.ok(least !== undefined && least <= km, `${a} ${b}: ${least}`);
  }
});

test('far countries are far: the bound is of use', () => {
  const far: readonly (readonly [string, string, number])[] = [
    ['DE', 'SG', 7000],
    ['DE', 'US', 3000],
    ['DE', 'CN', 3500],
    ['DE', 'AU', 9000],
    ['IE', 'JP', 6000],
  ];
  for (const [a, b, km] of far) assert.ok((leastDistanceKm(a, b) ?? 0) >= km, `${a} ${b}: ${leastDistanceKm(a, b)}`);
});

test('an answer after 12 ms in Germany cannot come from the United States and can from Ireland', () => {
  assert.equal(checkDistance('DE', 'US', 12).claim, 'impossible');
  assert.equal(checkDistance('DE', 'IE', 12).claim, 'possible');
  assert.match(checkDistance('DE', 'US', 12).explanation, /at most 1799 km, but US is at least \d+ km from DE/);
});

test('a slow answer excludes nothing, an unknown country is not judged', () => {
  assert.equal(checkDistance('DE', 'AU', 300).claim, 'possible');
  assert.deepEqual(
    ['XX', 'local', '', '__proto__'].map((code) => checkDistance('DE', code, 1).claim),
    ['unknown', 'unknown', 'unknown', 'unknown'],
  );
});

/** Raw IPv4 (LINKTYPE_RAW, 101): 20 bytes IP, 20 bytes TCP. */
function frame(source: number, destination: number, flags: number, sequence: number, acknowledgement = 0): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.set([0x45, 0, 0, 40], 0);
  bytes[9] = 6;
  bytes.writeUInt32BE(source, 12);
  bytes.writeUInt32BE(destination, 16);
  bytes.writeUInt16BE(source === DEVICE ? 40_000 : 443, 20);
  bytes.writeUInt16BE(source === DEVICE ? 443 : 40_000, 22);
  bytes.writeUInt32BE(sequence, 24);
  bytes.writeUInt32BE(acknowledgement, 28);
  bytes[32] = 0x50;
  bytes[33] = flags;
  return bytes;
}

const DEVICE = 0x0a000002;
const SERVER = 0x34d00001;
const SYN = 2;
const SYN_ACK = 0x12;

function timed(
  packets: readonly (readonly [ms: number, frame: Buffer])[],
): { ip: string; shortest_ms: number; handshakes: number }[] {
  const times = new HandshakeTimes();
  for (const [ms, bytes] of packets) times.frame(bytes, 0, bytes.length, 1000, ms * 1e6, bytes.length, 101);
  return Object.entries(times.records()).map(([ip, { shortest_ns, handshakes }]) => ({
    ip,
    shortest_ms: shortest_ns / 1e6,
    handshakes,
  }));
}

test('the shortest of the handshakes counts', () => {
  const trips = timed([
    [0, frame(DEVICE, SERVER, SYN, 7)],
    [30, frame(SERVER, DEVICE, SYN_ACK, 99, 8)],
    [50, frame(DEVICE, SERVER, SYN, 100)],
    [62, frame(SERVER, DEVICE, SYN_ACK, 5, 101)],
  ]);
  assert.deepEqual(trips, [{ ip: '52.208.0.1', shortest_ms: 12, handshakes: 2 }]);
});

test('a repeated SYN, a wrong acknowledgement and a step of the clock measure nothing', () => {
  const syn = frame(DEVICE, SERVER, SYN, 7);
  const answer = frame(SERVER, DEVICE, SYN_ACK, 99, 8);
  assert.deepEqual(
    timed([
      [0, syn],
      [100, syn],
      [101, answer],
    ]),
    [],
  );
  assert.deepEqual(
    timed([
      [0, syn],
      [5, frame(SERVER, DEVICE, SYN_ACK, 99, 9)],
    ]),
    [],
  );
  assert.deepEqual(
    timed([
      [100, syn],
      [5, answer],
    ]),
    [],
  );
  assert.deepEqual(timed([[5, answer]]), []);
});

test('a flood of SYN without answers keeps a bounded number open', () => {
  const times = new HandshakeTimes();
  for (let i = 0; i < 22_000; i++) {
    const bytes = frame(DEVICE, SERVER + i, SYN, i);
    times.frame(bytes, 0, bytes.length, 1000, i, bytes.length, 101);
  }
  assert.equal(times.leftOut, 21_000);
});
