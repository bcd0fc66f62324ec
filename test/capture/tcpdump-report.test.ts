import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Respawn } from '../../appliance/capture/engines/respawn.ts';
import { tcpdumpArguments } from '../../appliance/capture/engines/tcpdump-engine.ts';
import { readCounts, readProblem, type TcpdumpCounts } from '../../appliance/capture/engines/tcpdump-report.ts';

function countsOf(...lines: readonly string[]): TcpdumpCounts {
  const counts = { captured: null, received: null, dropped: null };
  for (const line of lines) readCounts(line, counts);
  return counts;
}

test('the answer to SIGUSR1 is one line, the end is three', () => {
  const live = 'tcpdump: 12 packets captured, 14 packets received by filter, 2 packets dropped by kernel';
  assert.deepEqual(countsOf(live), { captured: 12, received: 14, dropped: 2 });
  const end = ['1 packet captured', '1 packet received by filter', '0 packets dropped by kernel'];
  assert.deepEqual(countsOf(...end), { captured: 1, received: 1, dropped: 0 });
});

test('drops by the interface are not those of the kernel', () => {
  assert.equal(countsOf('7 packets dropped by interface').dropped, null);
});

const COMPLAINTS = [
  ['tcpdump: va: No such device exists (SIOCGIFHWADDR: No such device)', 'missing'],
  ['tcpdump: va: That device is not up', 'down'],
  ['tcpdump: pcap_loop: The interface disappeared', 'disappeared'],
  [
    "tcpdump: va: You don't have permission to perform this capture on that device (socket: Operation not permitted)",
    'permission',
  ],
  ["tcpdump: can't parse filter expression: syntax error", 'filter'],
  ['tcpdump: something new', 'other'],
] as const;

for (const [line, problem] of COMPLAINTS) {
  test(`"${line.slice(0, 50)}…" is about: ${problem}`, () => assert.equal(readProblem(line), problem));
}

test('a filter cannot become an option of tcpdump', () => {
  const settings = {
    interface: 'br0',
    filter: '-w /etc/passwd',
    ringKiB: 1024,
    snapLength: 262_144,
    resolution: 'ns',
  } as const;
  assert.deepEqual(tcpdumpArguments(settings).slice(-2), ['--', '-w /etc/passwd']);
});

test('respawning slows down to its limit and is quick again after a long life', () => {
  const respawn = new Respawn(250, 5000);
  const delays = [0, 0, 0, 0, 0, 0, 0].map((lived) => respawn.next(lived));
  assert.deepEqual(delays, [250, 500, 1000, 2000, 4000, 5000, 5000]);
  assert.equal(respawn.next(60_000), 250);
});
