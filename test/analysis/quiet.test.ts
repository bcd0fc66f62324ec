// When packets to come may be counted without asking inspectors; quiet-walk.test.ts compares what comes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_UNKNOWN, newApplications } from '../../appliance/analysis/inspect/dispatcher.ts';
import { quietBits, WIREGUARD } from '../../appliance/analysis/inspect/quiet.ts';
import { ALLOWED } from '../../appliance/analysis/kernel/walk-kernel.ts';
import { PROTOCOL_TCP } from '../../appliance/decode/frames/frame.ts';

type Headers = Parameters<typeof quietBits>[2];
type Notes = NonNullable<Parameters<typeof quietBits>[3]>;

const UDP = 17;
const headers = (protocol: number, destinationPort: number) =>
  ({ protocol, sourcePort: 40_000, destinationPort }) as unknown as Headers;
const notes = (proof: string, ...marks: string[]) => ({ proof, marks: new Set(marks) }) as unknown as Notes;

test('datagrams that nobody knows are asked about a few times, then counted', () => {
  const flow = newApplications(0);
  assert.equal(quietBits(flow, 0, headers(UDP, 9), undefined), 0);
  flow.unknown = MAX_UNKNOWN;
  assert.equal(quietBits(flow, 0, headers(UDP, 9), undefined), ALLOWED.pays);
  flow.datagramListener = 'dns';
  assert.equal(quietBits(flow, 0, headers(UDP, 9), undefined), 0);
});

test('WireGuard is counted once it is believed, on its port, with nothing unknown beside it', () => {
  const flow = { ...newApplications(0), datagramListener: WIREGUARD };
  const known = notes('magic', 'encrypted:wireguard');
  assert.equal(quietBits(flow, 0, headers(UDP, 51_820), known), ALLOWED.pays | ALLOWED.wireguard);
  assert.equal(quietBits(flow, 0, headers(UDP, 51_821), known), 0);
  assert.equal(quietBits(flow, 0, headers(UDP, 51_820), undefined), 0);
  assert.equal(quietBits(flow, 0, headers(UDP, 51_820), notes('magic')), 0);
  assert.equal(quietBits(flow, 0, headers(UDP, 51_820), notes('port', 'encrypted:wireguard')), 0);
  assert.equal(quietBits({ ...flow, unknown: 1 }, 0, headers(UDP, 51_820), known), 0);
});

test('a direction of TCP without a stream lets acknowledgements through, and no payload', () => {
  assert.equal(quietBits(newApplications(0), 0, headers(PROTOCOL_TCP, 443), undefined), ALLOWED.acknowledges);
});
