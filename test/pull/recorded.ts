// Appliances with a real, signed ledger: frames go through capture's file engine into a data folder, and a whole appliance in this
// process serves it. Next to it a line that can be cut.

import fs from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { startCapture } from '../../appliance/capture/main.ts';
import { nodeDisk } from '../../appliance/capture/storage/disk.ts';
import type { SegmentsResponse } from '../../appliance/publish/schemas/captures.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { Archive } from '../../appliance/pull/archive.ts';
import { parseHost } from '../../appliance/pull/host-name.ts';
import { pullRound, type RoundEnd, type RoundWish } from '../../appliance/pull/pull-round.ts';
import { pcap, readLines, record, settingsFor, surroundings, temporaryFolder } from '../capture/fixture.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { type AskOptions, startTestAppliance, type TestAppliance } from '../publish/running.ts';
import { DataFolder, device, eventually, GATEWAY, udpFrame } from '../store/data-folder.ts';

/** An hour's beginning, seconds since 1970. */
export const HOUR = 1_795_176_000;
/** Is in a payload in the clear; must be in no table. */
export const SECRET = 'hunter2-Tr0ub4dor';

export interface Frames {
  /** Hours after `HOUR`. */
  readonly hour: number;
  readonly count: number;
  /** Last byte of the devices' addresses. */
  readonly devices: readonly number[];
}

/** One run of capture over frames that begin in one hour and come twenty seconds apart. */
export async function recordInto(
  dataDir: string,
  { hour, count, devices }: Frames,
  segmentBytes = 8000,
  changes: Parameters<typeof settingsFor>[1] = {},
): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => {
    const last = devices[i % devices.length] ?? 1;
    return record(HOUR + hour * 3600 + i * 20, i, frameOf(last, i));
  });
  const file = path.join(dataDir, 'in.pcap');
  fs.mkdirSync(dataDir, { recursive: true });
  fs.writeFileSync(file, pcap(records));
  const capture = await startCapture(
    settingsFor(dataDir, { file, segmentBytes, infra: [GATEWAY], ...changes }),
    surroundings({ disk: nodeDisk }),
  );
  await capture.ended;
  await capture.stop('test');
  fs.rmSync(file);
}

function frameOf(last: number, i: number): Buffer {
  if (i % 11 === 3) return question(last, i);
  const payload =
    i % 7 === 0
      ? `GET /?user=me&password=${SECRET} HTTP/1.1\r\nHost: example.org\r\n\r\n`
      : `packet ${i}`.padEnd(100 + (i % 90), 'x');
  return udpFrame({
    from: device(last),
    to: GATEWAY,
    source: `10.0.0.${last + 10}`,
    destination: '93.184.216.34',
    sourcePort: 40_000 + (i % 5),
    destinationPort: 5000,
    payload: Buffer.from(payload),
  });
}

/** Of DNS, to the gateway: one of four names. */
function question(last: number, i: number): Buffer {
  const payload = Buffer.from(
    dnsPacket.encode({ type: 'query', questions: [{ type: 'A', name: `n${i % 4}.example.org` }] }),
  );
  const ends = { from: device(last), to: GATEWAY, source: `10.0.0.${last + 10}`, destination: '10.0.0.1' };
  return udpFrame({ ...ends, sourcePort: 50_000 + (i % 9), destinationPort: 53, payload });
}

/** Somebody who answers requests, by himself or as a process. */
export interface Asked {
  readonly host: string;
  readonly token: string;
  readonly dataDir: string;
  readonly ask: (path: string, options?: AskOptions) => Promise<{ readonly json: unknown }>;
}

export interface Served extends TestAppliance, Asked {
  readonly ask: TestAppliance['ask'];
}

/** Serves a data folder and waits until all of it is analysed. */
export async function serve(t: TestContext, dataDir: string): Promise<Served> {
  const appliance = await startTestAppliance(t, undefined, new DataFolder(dataDir));
  const cookie = await appliance.logIn();
  const made = await appliance.ask('/api/v1/tokens', {
    method: 'POST',
    headers: { cookie },
    body: { name: 'pull', scopes: ['summaries', 'captures'], days: 1 },
  });
  const { token } = made.json as { token: string };
  await analysed(appliance, cookie, packetsOf(dataDir));
  return { ...appliance, host: `127.0.0.1:${new URL(appliance.url).port}`, token, dataDir };
}

/** Of all closed segments. */
function packetsOf(dataDir: string): number {
  const closed = readLines(dataDir).flatMap((line) => (line.type === 'segment-closed' ? [line.packets] : []));
  return closed.reduce((sum, packets) => sum + packets, 0);
}

async function analysed(appliance: TestAppliance, cookie: string, packets: number): Promise<void> {
  await eventually(
    `${packets} packets are analysed`,
    async () => {
      const { analysis, totals } = (await appliance.ask('/api/v1/status', { headers: { cookie } }))
        .json as StatusResponse;
      const { segments } = (await appliance.ask('/api/v1/segments?limit=1000', { headers: { cookie } }))
        .json as SegmentsResponse;
      const isRead = segments.every((row) => row.analysed);
      return isRead && totals.packets === packets && analysis.rows_age_seconds === 0;
    },
    120,
  );
}

export async function recorded(t: TestContext, frames: Frames): Promise<Served> {
  const dataDir = path.join(temporaryFolder(t), 'data');
  await recordInto(dataDir, frames);
  return await serve(t, dataDir);
}

export interface PullOptions extends Partial<Omit<RoundWish, 'archive' | 'hosts' | 'tokens'>> {
  /** Where the appliance is asked, if not at its own address. */
  readonly through?: string;
}

/** One round over all of them. */
export async function pullAll(
  folder: string,
  served: readonly Pick<Asked, 'host' | 'token'>[],
  options: PullOptions = {},
): Promise<RoundEnd[]> {
  const archive = await Archive.open(folder, true);
  const hosts = served.map(({ host }) => parseHost(options.through ?? host));
  const tokens = new Map(hosts.map((host, i) => [host.key, served[i]?.token ?? '']));
  return await pullRound({
    selection: { all: true },
    bytesPerSecond: 0,
    waitMs: () => 1,
    ...options,
    archive,
    hosts,
    tokens: (host) => tokens.get(host.key) ?? '',
  });
}

export function siteOf(folder: string): string {
  const [site = ''] = fs.readdirSync(path.join(folder, 'sites'));
  return path.join(folder, 'sites', site);
}

/** Relays to a port, and cuts both sides after so many bytes of the answer as `next` says. */
export async function cuttingLine(
  t: TestContext,
  port: number,
  next: () => number,
  cut: () => void,
): Promise<{ host: string }> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    let left = next();
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
        open.delete(socket);
      });
    }
    near.on('data', (bytes: Buffer) => void far.write(bytes));
    far.on('data', (bytes: Buffer) => {
      near.write(bytes.subarray(0, left));
      left -= bytes.length;
      if (left > 0) return;
      cut();
      // What was written goes out first: the cut is at that byte.
      near.destroySoon();
      far.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { host: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` };
}
