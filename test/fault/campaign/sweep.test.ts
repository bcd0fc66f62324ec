// A scaled campaign of the testbed home with every kind of step and action, while its processes are killed and its power is cut at each
// line that it writes: in the end the ledger holds what a campaign without problem would have left, and the gaps. Short: each
// of them once. `WEIR_FAULT_FULL=1`: one whole campaign for each, who dies at every place.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyFolder } from '../../../appliance/capture/ledger/verify.ts';
import { readLedgerStory } from '../../../appliance/experiment/windows/read-ledger.ts';
import { windowsOf } from '../../../appliance/experiment/windows/windows.ts';
import { toError } from '../../../appliance/model/errors.ts';
import type { LedgerLine } from '../../../appliance/model/ledger.ts';
import { storedFramesBelow } from '../../integration/installation.ts';
import type { Frame } from '../../integration/pcap-frames.ts';
import { Broker, NO_BROKER } from '../../publish/mosquitto.ts';
import { Evidence } from '../evidence.ts';
import { gapsOf, isInside } from '../gaps.ts';
import { FULL, SEED } from '../requirements.ts';
import { compareFrames, homeMissing, WitnessedHome } from '../witnessed-home.ts';
import { type Asked, homeAssistant, hookServer, plugInSilent, SILENT_MAC, wakeSilent } from './helpers.ts';
import { CampaignWorld, type Victim } from './world.ts';

const skip = homeMissing('losetup', 'mkfs.ext4', 'mosquitto') || NO_BROKER;
/** A busy machine under a sweep; a campaign that makes progress is never near it. */
const PATIENCE_MS = 900_000;

const campaignText = (hook: string) => `
campaign: scaled_home
guard: 1s
accept: {seconds: 2, data: true, packets: 1, attempts: 5}
steps:
  - {name: idle, phase: idle, tag: idle, duration: 3s, guard: 0s, accept: {data: false, packets: 0}}
  - name: hook
    phase: intensive
    interaction: lan_app
    tag: hook
    duration: 3s
    before: {prompt: Look at the lamp.}
    action: {webhook: {url: "${hook}"}}
  - name: light
    phase: intensive
    interaction: voice
    tag: light
    duration: 3s
    action: {home_assistant: {service: light.turn_on, entity: light.desk, state: "on"}}
  - name: program
    phase: intensive
    interaction: wan_app
    tag: program
    duration: 3s
    before: {program: lamp-on}
    action: {program: lamp-on}
  - name: spoken
    phase: intensive
    interaction: physical
    tag: spoken
    duration: 3s
    action: {prompt: Press the button.}
  - {name: silent, phase: intensive, tag: silent, duration: 3s, device: "${SILENT_MAC}", action: {webhook: {url: "${hook}"}}}
  - {name: rest, phase: idle, tag: rest, duration: 4s, accept: {data: false, packets: 0, gap: allowed, loss: allowed}}
`;
const STEPS = ['idle', 'hook', 'light', 'program', 'spoken', 'silent', 'rest'];

type CampaignLine = LedgerLine & { readonly type: 'campaign' };

/** Where a campaign is, once for each place that it comes to; null at lines that are no place of a step. */
function placeOf(line: LedgerLine): string | null {
  if (line.type !== 'campaign' || line.event === 'text' || line.event === 'finished') return null;
  return line.event === 'started' ? 'started' : `${STEPS[line.step]} ${line.event}`;
}

/** The short form: each of them once, and a gap that a step allows. */
const FEW: Readonly<Record<string, Victim>> = {
  'hook recording': 'appliance',
  'light recording': 'capture',
  'program recording': 'action',
  'silent acted': 'power',
  'rest recording': 'capture',
};

/** Who dies at a place. Only while a program runs can it be killed. */
function victimAt(place: string, only: Victim | null): Victim | null {
  if (only === null) return FEW[place] ?? null;
  return only !== 'action' || place === 'program before' || place === 'program recording' ? only : null;
}

interface Swept {
  readonly cuts: string[];
  readonly hooks: readonly Asked[];
  readonly calls: readonly Asked[];
}

/** Runs one campaign to its end, killing at each place that it comes to for the first time. */
async function sweep(world: CampaignWorld, only: Victim | null, hook: string): Promise<string[]> {
  const cuts: string[] = [];
  const seen = new Set<string>();
  await answering(world, () => world.ask('POST', '/api/v1/campaign/start', { text: campaignText(hook) }));
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const lines = world.ledger();
    if (lines.some((line) => line.type === 'campaign' && line.event === 'finished')) return cuts;
    const place = lines.map(placeOf).find((one) => one !== null && !seen.has(one));
    if (place == null) {
      await confirm(world);
      await sleep(50);
      continue;
    }
    const victim = victimAt(place, only);
    seen.add(place);
    if (victim !== null && (await kill(world, victim))) cuts.push(`${victim} at ${place}`);
  }
  throw new Error(`no end; cuts: ${cuts.join(', ')}; ${JSON.stringify(world.ledger().slice(-5))}\n${world.logs()}`);
}

/** A program is some moments on its way before it can be killed. */
async function kill(world: CampaignWorld, victim: Victim): Promise<boolean> {
  if (victim !== 'action') return world.cut(victim);
  for (let look = 0; look < 100; look++) {
    if (await world.cut('action')) return true;
    await sleep(50);
  }
  return false;
}

/** The person who is asked says done, sooner or later. */
async function confirm(world: CampaignWorld): Promise<void> {
  await world
    .campaign()
    .then((run) => (run?.asks === true ? world.ask('POST', '/api/v1/campaign/done', {}) : undefined))
    .catch((thrown: unknown) => toError(thrown));
}

async function answering(world: CampaignWorld, ask: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 120_000;
  let last = '';
  while (performance.now() < end) {
    const done = await ask().then(
      () => true,
      (thrown: unknown) => ((last = toError(thrown).message), false),
    );
    if (done) return;
    await sleep(200);
  }
  throw new Error(`the appliance does not answer: ${last}\n${world.logs()}`);
}

const secondsOf = (lines: readonly CampaignLine[], event: string, step: number) =>
  lines.filter((line) => line.event === event && line.step === step);

/** What a campaign leaves that nobody disturbed, and nothing more. */
function assertWhole(t: TestContext, world: CampaignWorld, { cuts, hooks, calls }: Swept): void {
  const lines = world.ledger().filter((line): line is CampaignLine => line.type === 'campaign');
  const where = `${cuts.join(', ')}\n${lines.map(({ event, step, text }) => `${step} ${event} ${text.slice(0, 90)}`).join('\n')}`;
  for (const [step, name] of STEPS.entries())
    assert.equal(secondsOf(lines, 'accepted', step).length, 1, `${name} is accepted once\n${where}`);
  const windows = windowsOf(readLedgerStory(world.data).recorded).map(({ window }) => window);
  const kept = (kind: string) => windows.filter((window) => window.kind === kind).map(({ name }) => name);
  assert.deepEqual(kept('tag'), STEPS, where);
  assert.deepEqual(kept('campaign'), ['scaled_home', ...STEPS.map((_, at) => `scaled_home_${at + 1}`)], where);
  // A step without application data is repeated, and counts with it.
  const refused = secondsOf(lines, 'refused', STEPS.indexOf('silent'));
  assert.ok(
    refused.some(({ text }) => text.includes('no application data')),
    where,
  );
  const acceptedAttempt = (name: string) => secondsOf(lines, 'accepted', STEPS.indexOf(name))[0]?.attempt;
  for (const [who, asked, name] of [
    ['the address', hooks, 'hook'],
    ['Home Assistant', calls, 'light'],
  ] as const)
    assert.ok(
      asked.some(({ step, attempt }) => step === name && attempt === acceptedAttempt(name)),
      `${who} was asked in the attempt that counts\n${where}`,
    );
  assert.ok(world.programRuns >= 2, where);
  t.diagnostic(`${cuts.length} cuts: ${cuts.join(', ')}`);
}

/** What the witness saw is stored, but for the gaps that are reported; and no gap lies in a step that refuses them. */
async function assertOnlyGaps(t: TestContext, world: CampaignWorld, witness: readonly Frame[], since: number) {
  const { ok, problems } = await verifyFolder(world.data);
  assert.ok(ok, JSON.stringify(problems));
  const gaps = gapsOf(new Evidence(world.data));
  const { missing, invented } = compareFrames(witness, storedFramesBelow(world.data));
  assert.deepEqual(invented.map(describe), []);
  const untold = missing.filter(({ ns }) => Number(ns) > since && !gaps.some((gap) => isInside(ns, gap)));
  assert.deepEqual(untold.map(describe), []);
  const windows = windowsOf(readLedgerStory(world.data).recorded).map(({ window }) => window);
  const strict = windows.filter(({ kind, name }) => kind === 'campaign' && /_[1-6]$/.test(name));
  for (const { name, from, to } of strict) {
    const within = gaps.filter((gap) => gap[0] < Number(to) * 1e9 && gap[1] > Number(from) * 1e9);
    assert.deepEqual(within, [], `a gap in ${name}`);
  }
  t.diagnostic(
    `the witness saw ${witness.length} frames, ${missing.length} are missing in ${gaps.length} reported gaps`,
  );
  return gaps.length;
}

const describe = ({ ns, source, destination, length }: Frame) => `${ns} ${source} > ${destination} ${length} bytes`;

async function sweepOne(t: TestContext, only: Victim | null, seed: number): Promise<void> {
  const home = await WitnessedHome.start(seed);
  t.after(() => home.close());
  const broker = await Broker.start(t);
  const world = await CampaignWorld.open(home, broker);
  t.after(() => world.close());
  // Lively is not needed here, and costs more than all the rest.
  await home.home.idle();
  await plugInSilent(home.home);
  const hooks: Asked[] = [];
  const calls: Asked[] = [];
  const hook = await hookServer(t, async (asked) => {
    hooks.push(asked);
    const isRepeated = world
      .ledger()
      .some((line) => line.type === 'campaign' && line.text.includes('no application data'));
    if (asked.step === 'silent' && isRepeated) await wakeSilent(home.home);
  });
  await homeAssistant(t, broker, calls);
  await world.start();
  await world.capture.until('a frame of the home', (status) => status.counters.captured > 0);
  const since = Date.now() * 1e6;
  const cuts = await sweep(world, only, hook);
  const witness = await home.testimony();
  await world.stop();
  assertWhole(t, world, { cuts, hooks, calls });
  const gaps = await assertOnlyGaps(t, world, witness, since);
  if (only === 'appliance' || only === 'action') assert.equal(gaps, 0, 'capture notices nothing of the others');
  const least = only === null ? Object.keys(FEW).length : only === 'action' ? 2 : 25;
  assert.ok(cuts.length >= least, cuts.join(', '));
}

if (FULL) {
  for (const [at, victim] of (['appliance', 'capture', 'action', 'power'] as const).entries())
    test(
      `a scaled campaign ends whole, with the ${victim} killed at each place of it`,
      { skip, timeout: 1_200_000 },
      (t) => sweepOne(t, victim, SEED + at),
    );
} else {
  test('a scaled campaign ends whole, whoever is killed meanwhile', { skip, timeout: 1_200_000 }, (t) =>
    sweepOne(t, null, SEED),
  );
}
