// A campaign as a user runs it, in minutes instead of days: a simulated home, capture, the appliance, `weir campaign start`, an
// address that wakes the home and lets it rest. What is left is a data folder, and the same frames in one file for other programs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CampaignResponse } from '../../appliance/publish/schemas/campaign.ts';
import { type Home, startHome } from '../testbed/home.ts';
import { CLI, Installation, segmentsBelow } from './installation.ts';

/** What the campaign keeps apart, in its order. */
export const TAGS = ['idle_first', 'app_near', 'voice', 'idle_rest'] as const;

const campaignText = (hook: string): string => `
campaign: scaled_paper
about: The paper's order of an idle hour, two ways of intensive use and idle life again, in seconds.
guard: 1s
accept: { seconds: 4, data: true, packets: 20, gap: allowed, loss: allowed, attempts: 5 }
steps:
  - { name: idle_first, phase: idle, tag: idle_first, duration: 6s, guard: 0s }
  - name: app_near
    phase: intensive
    interaction: lan_app
    tag: app_near
    duration: 8s
    action: { webhook: { url: "${hook}" } }
  - name: voice
    phase: intensive
    interaction: voice
    tag: voice
    duration: 6s
    action: { webhook: { url: "${hook}" } }
  - { name: idle_rest, phase: idle, tag: idle_rest, duration: 6s, before: { webhook: { url: "${hook}" } } }
`;

export interface RecordedCampaign {
  readonly folder: string;
  readonly data: string;
  readonly home: Home;
  /** Every stored frame once, in the order of time: by mergecap and editcap. */
  readonly merged: string;
  close(): Promise<void>;
}

/** Runs it whole. Nothing is sent any more when this returns, and capture and the appliance have ended. */
export async function recordCampaign(seed: number): Promise<RecordedCampaign> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-campaign-'));
  const home = await startHome({ dir: join(folder, 'home'), seed });
  const weir = new Installation(folder, home);
  const close = async (): Promise<void> => {
    await weir.stop();
    await home.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    weir.configure({ http: { port: 0 }, capture: { canary_seconds: 0 } });
    await weir.startCapture();
    weir.startAppliance();
    await weir.until('the appliance', 60, async () => (await state(weir)) === null);
    await runCampaign(weir);
    await home.quiesce();
    await weir.stop();
    return { folder, data: weir.data, home, merged: await mergedFile(weir), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function state(weir: Installation): Promise<string | null> {
  return (await weir.get<CampaignResponse>('/api/v1/campaign')).campaign?.state ?? null;
}

async function runCampaign(weir: Installation): Promise<void> {
  const hook = await homeHook(weir.home);
  try {
    const file = join(weir.folder, 'campaign.yaml');
    writeFileSync(file, campaignText(hook.url));
    await run(process.execPath, [CLI, 'campaign', 'start', file, '--config', weir.config]);
    await weir.until('the end of the campaign', 300, async () => (await state(weir)) === 'finished');
  } finally {
    hook.close();
  }
}

/** Lively where a step begins that is intensive, idle before the last one. */
async function homeHook(home: Home): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString('utf8')));
    request.on('end', () => {
      const { step } = JSON.parse(body) as { readonly step: string };
      const done = step === 'idle_rest' ? home.idle() : home.intensive(600);
      done.then(
        () => answer.writeHead(204).end(),
        () => answer.writeHead(500).end(),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

/** What two devices said to each other is in both their files; equal frames of one time are one. */
async function mergedFile(weir: Installation): Promise<string> {
  const [all, once] = [join(weir.folder, 'all.pcap'), join(weir.folder, 'once.pcap')];
  const files = segmentsBelow(weir.data).map(({ path }) => path);
  await run('mergecap', ['-F', 'nsecpcap', '-w', all, ...files]);
  await run('editcap', ['-F', 'nsecpcap', '-w', '0', all, once]);
  return once;
}

/** Standard output of a program that must succeed; the hook above answers meanwhile. */
export async function run(program: string, words: readonly string[]): Promise<string> {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => (said += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (complaint += part));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: ${code}\n${complaint}`);
  return said;
}
