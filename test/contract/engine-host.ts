// Runs one engine in a process of its own, so that a test can put it into a namespace, and reports what it does: one JSON line an
// event on standard output. `node engine-host.js SETTINGS_JSON`; `stop`, `stats` on standard input.

import { createInterface } from 'node:readline';
import { makeEngine } from '../../appliance/capture/engines/engines.ts';
import type { PcapFormat } from '../../appliance/decode/files/pcap-record.ts';
import { read32, recordTime } from '../../appliance/decode/files/pcap-record.ts';
import type { CaptureSettings } from '../../appliance/model/capture-settings.ts';
import { systemClock } from '../../appliance/model/time/clock.ts';
import type { HostEvent } from './engine-guest.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as CaptureSettings;
const engine = makeEngine(settings, settings.dataDir, systemClock);
let format: PcapFormat | null = null;

function send(event: HostEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Number of the datagram in a frame: Ethernet 14, IPv4 20, UDP 8 bytes before it. */
function numberOf(bytes: Buffer, at: number): number {
  const payload = at + 16 + 42;
  return payload + 4 <= at + 16 + read32(bytes, at + 8, false) ? bytes.readUInt32BE(payload) : -1;
}

function onBatch(bytes: Buffer, start: number, end: number): void {
  const numbers: number[] = [];
  const times: string[] = [];
  for (let at = start; at < end; at += 16 + read32(bytes, at + 8, false)) {
    numbers.push(numberOf(bytes, at));
    if (format !== null) times.push(recordTime(bytes, at, format).toString());
  }
  send({ event: 'batch', numbers, times });
}

try {
  await engine.start({
    onStream: (stream) => {
      format = stream;
      send({ event: 'stream', linkType: stream.linkType, resolution: stream.resolution });
    },
    onBatch,
    onState: (state, reason) => send({ event: 'state', state, reason }),
    onGap: ({ reason, lost, from, to }) => send({ event: 'gap', reason, lost, from: String(from), to: String(to) }),
    room: () => null,
  });
  send({ event: 'started', timestamps: engine.timestamps });
} catch (error) {
  send({ event: 'refused', code: String((error as { code?: unknown }).code), message: String(error) });
  process.exit(1);
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') await engine.stop();
  if (line === 'stop' || line === 'stats') send({ event: 'stats', ...(await engine.stats(true)) });
  if (line === 'pid') send({ event: 'pid', pid: (engine as { pid?: number }).pid ?? 0 });
  if (line === 'responsive') send({ event: 'responsive', yes: await engine.responsive() });
  // A pipe takes what was written later: an exit before that would cut a line in half.
  if (line === 'stop') process.stdout.end(() => process.exit(0));
}
