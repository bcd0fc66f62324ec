// Campaigns from start to end on a ledger in memory: what is repeated, what a death at each line leaves, what a person is asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CampaignRunner } from '../../../appliance/experiment/campaign/runner.ts';
import type { LedgerLine } from '../../../appliance/model/ledger.ts';
import { RecordedTime } from '../../../appliance/store/tail/recorded-time.ts';
import { beginText, type DoubleParts, LedgerDouble, until, untilOver } from './ledger-double.ts';

/** All kinds of action, scaled from days to seconds. */
const HOME = `
campaign: scaled_home
guard: 1s
between: unlabelled
accept: {seconds: 1}
steps:
  - name: idle_first
    phase: idle
    tag: idle_first
    duration: 2s
    guard: 0s
    accept: {data: false, packets: 0}
  - name: lamp_on
    phase: intensive
    interaction: lan_app
    tag: lamp
    duration: 1s
    repeats: 2
    before: {webhook: {url: "http://127.0.0.1:9/"}}
    action: {program: lamp-on}
  - name: evening
    phase: intensive
    interaction: voice
    tag: voice
    at: "0 20 * * *"
    duration: 1s
    action: {home_assistant: {entity: light.desk, service: light.turn_on}}
  - name: idle_rest
    phase: idle
    tag: idle_rest
    duration: 3s
    accept: {data: false, packets: 0, gap: allowed, loss: allowed}
`;
const TAGS = ['idle_first', 'lamp', 'lamp', 'voice', 'idle_rest'];

const campaignLines = (double: LedgerDouble) =>
  double.lines.filter((line): line is LedgerLine & { type: 'campaign' } => line.type === 'campaign');
const events = (double: LedgerDouble) => campaignLines(double).map(({ event }) => event);

function recordedOf(double: LedgerDouble): RecordedTime {
  const recorded = new RecordedTime();
  for (const line of double.lines) recorded.apply(line);
  return recorded;
}

const tagsOf = (double: LedgerDouble) => recordedOf(double).tags.filter(({ kind }) => kind === 'tag');
const campaignsOf = (double: LedgerDouble) => recordedOf(double).tags.filter(({ kind }) => kind === 'campaign');
const recordingsOf = (double: LedgerDouble) => campaignsOf(double).filter(({ tag }) => tag !== 'scaled_home');
const wholesOf = (double: LedgerDouble) => campaignsOf(double).filter(({ tag }) => tag === 'scaled_home');

test('a scaled home with every kind of action runs from the first step to the last', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME);
  await untilOver(runner);
  await runner.stop();
  assert.equal(runner.state?.state, 'finished');
  assert.deepEqual(
    runner.state?.results.map(({ outcome }) => outcome),
    TAGS.map(() => 'accepted'),
  );
  assert.deepEqual(
    tagsOf(double).map(({ tag }) => tag),
    TAGS,
  );
  assert.deepEqual(double.problems, []);
});

test('each accepted recording is a window, from its first moment to its last', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME);
  await untilOver(runner);
  await runner.stop();
  assert.deepEqual(
    recordingsOf(double).map(({ tag, from, to }) => ({ tag, from, to })),
    runner.state?.results.map(({ step, from, to }) => ({ tag: `scaled_home_${step + 1}`, from, to })),
  );
});

test('the whole campaign is a window, with its recordings inside and its outcome as a note', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME);
  await until(() => runner.state !== null);
  assert.deepEqual(
    wholesOf(double).map(({ to }) => to),
    [null],
    'it lasts',
  );
  await untilOver(runner);
  await runner.stop();
  const [whole, ...others] = wholesOf(double);
  const line = (event: string) => campaignLines(double).find((one) => one.event === event)?.ts;
  assert.deepEqual([whole?.from, whole?.to, others.length], [line('started'), line('finished'), 0]);
  assert.equal(whole?.about.note, 'finished: 5 steps accepted, 0 failed, 0 skipped');
  const inside = ({ from, to }: { from: string; to: string | null }) =>
    Number(from) >= Number(whole?.from) && Number(to) <= Number(whole?.to);
  assert.ok(recordingsOf(double).every(inside));
});

test('what is recorded lasts as long as the step says', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME);
  await untilOver(runner);
  await runner.stop();
  const lengths = runner.state?.results.map(({ from, to }) => Number(to) - Number(from)) ?? [];
  // Never shorter; how much longer is the test machine's business.
  for (const [at, least] of [2, 1, 1, 1, 3].entries())
    assert.ok((lengths[at] ?? 0) >= least, `${lengths[at]} of ${least} s`);
});

/** What must hold however often somebody died. */
function assertWhole(double: LedgerDouble, runner: CampaignRunner, where: string): void {
  assert.equal(runner.state?.state, 'finished', where);
  assert.deepEqual(
    runner.state?.results.map(({ outcome }) => outcome),
    TAGS.map(() => 'accepted'),
    where,
  );
  const recorded = recordedOf(double);
  const kept = tagsOf(double).filter(({ cancelled }) => !cancelled);
  assert.deepEqual(
    recordingsOf(double).map(({ tag }) => tag),
    TAGS.map((_, at) => `scaled_home_${at + 1}`),
    where,
  );
  assert.deepEqual(
    wholesOf(double).map(({ to }) => to === null),
    [false],
    where,
  );
  assert.deepEqual(
    kept.map(({ tag }) => tag),
    TAGS,
    where,
  );
  assert.ok(
    kept.every(({ to }) => to !== null),
    `${where}: a tag is open`,
  );
  const strict = kept.filter(({ tag }) => tag !== 'idle_rest');
  for (const { from, to, tag } of strict) {
    const within = recorded.gaps.filter((gap) => Number(gap.from) < Number(to) && Number(gap.to) > Number(from));
    assert.deepEqual(within, [], `${where}: a gap in ${tag}`);
  }
  assert.equal(double.tags.size, 0, where);
}

for (const [what, cut] of [
  ['the appliance', false],
  ['the machine', true],
] as const) {
  test(`${what} may die behind each line of a campaign: it goes on, and each step is there once`, async () => {
    const whole = new LedgerDouble();
    const runner = whole.run();
    await beginText(runner, HOME);
    await untilOver(runner);
    await runner.stop();
    const first = whole.lines.findIndex((line) => line.type === 'campaign' && line.event === 'started');
    const places = whole.lines.slice(first).map((_, at) => first + 1 + at);
    await Promise.all(places.map((place) => dieBehind(place, cut, whole.lines[place - 1])));
  });
}

async function dieBehind(place: number, cut: boolean, line: LedgerLine | undefined): Promise<void> {
  const double = new LedgerDouble();
  const first = double.run();
  const started = beginText(first, HOME).catch(() => undefined);
  double.deadBehind = place;
  await until(() => double.lines.length >= place);
  await first.stop();
  await started;
  if (cut) double.cutPower();
  const second = double.run();
  await untilOver(second);
  await second.stop();
  const where = `died behind line ${place}, ${line?.type} ${line?.type === 'campaign' ? line.event : ''}`;
  assertWhole(double, second, where);
}

const ONE = (extra: string) => `
campaign: one
guard: 0s
accept: {seconds: 1, attempts: 2}
steps:
  - name: only
    phase: intensive
    tag: only
    duration: 1s
${extra}`;

async function runOne(extra: string, parts: DoubleParts = {}): Promise<LedgerDouble> {
  const double = new LedgerDouble();
  const runner = double.run(parts);
  await beginText(runner, ONE(extra));
  await untilOver(runner);
  await runner.stop();
  return double;
}

test('a step without application data is repeated, and its window taken back', async () => {
  let counted = 0;
  const double = await runOne('', {
    count: async () => ({ packets: 9, withData: counted++, isEnough: false, missing: '' }),
  });
  assert.deepEqual(
    events(double).filter((event) => event === 'refused' || event === 'accepted'),
    ['refused', 'accepted'],
  );
  assert.deepEqual(
    tagsOf(double).map(({ cancelled }) => cancelled),
    [true, false],
  );
  assert.equal(campaignLines(double).find(({ event }) => event === 'refused')?.text, 'no application data');
});

test('a step that is never accepted fails after its attempts, and the campaign goes on to its end', async () => {
  const double = await runOne('', { count: async () => ({ packets: 0, withData: 0, isEnough: false, missing: '' }) });
  assert.deepEqual(events(double).slice(-4), ['recorded', 'refused', 'failed', 'finished']);
  assert.match(
    campaignLines(double).at(-2)?.text ?? '',
    /not accepted in 2 attempts; the last: 0 packets, 1 are needed/,
  );
});

test('an action that fails costs the attempt', async () => {
  const double = await runOne('    action: {program: lamp-on}\n', {
    act: async () => ({ ok: false, text: 'lamp-on ended with 1' }),
  });
  const refusals = campaignLines(double).filter(({ event }) => event === 'refused');
  assert.deepEqual(
    refusals.map(({ text }) => text),
    Array(2).fill('the action failed: lamp-on ended with 1'),
  );
  assert.equal(double.tags.size, 0);
});

test('packets that were lost cost the attempt', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, ONE(''));
  await until(() => runner.state?.stage === 'recording');
  double.lost = 3;
  await untilOver(runner);
  await runner.stop();
  assert.equal(campaignLines(double).find(({ event }) => event === 'refused')?.text, '3 packets were lost');
  assert.equal(runner.state?.results[0]?.outcome, 'accepted');
});

test('a gap ends the attempt at once', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, ONE('').replace('duration: 1s', 'duration: 5m'));
  await until(() => runner.state?.stage === 'recording');
  const ts = double.lines.at(-1)?.ts ?? '';
  double.append({
    type: 'gap',
    from: ts,
    to: String(Number(ts) + 0.001),
    reason: 'the access point was down',
    lost: null,
  });
  await until(() => events(double).includes('interrupted'));
  await runner.order('abort', 'test');
  await runner.stop();
  assert.equal(
    campaignLines(double).find(({ event }) => event === 'interrupted')?.text,
    'a gap: the access point was down',
  );
  assert.equal(tagsOf(double)[0]?.cancelled, true);
});

for (const [when, told] of [
  ['before its verdict', 'recorded'],
  ['while its packets are counted', 'counting'],
] as const) {
  test(`a gap in a recording that is reported ${when} repeats it, and is no refusal`, async () => {
    const double = new LedgerDouble();
    let counted = 0;
    const tellGap = () => {
      const begun = campaignLines(double).find(({ event }) => event === 'recording')?.ts ?? '';
      const ended = campaignLines(double).find(({ event }) => event === 'recorded')?.ts ?? '';
      double.append({ type: 'gap', from: begun, to: ended, reason: 'capture ended without a stop', lost: null });
    };
    const count = async () => {
      if (counted++ === 0 && told === 'counting') {
        tellGap();
        await until(() => runner.state?.recording?.gaps.length === 1);
      }
      return { packets: 5, withData: 2, isEnough: true, missing: '' };
    };
    const runner: CampaignRunner = double.run({ count });
    await beginText(runner, ONE(''));
    await until(() => runner.state?.stage === 'recorded');
    if (told === 'recorded') tellGap();
    await untilOver(runner);
    await runner.stop();
    assert.deepEqual(
      events(double).filter((event) => ['interrupted', 'refused', 'accepted'].includes(event)),
      ['interrupted', 'accepted'],
    );
    assert.deepEqual(
      tagsOf(double).map(({ cancelled }) => cancelled),
      [true, false],
    );
  });
}

test('a person is asked before the recording, and only a word of theirs begins it', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, ONE('    before: {prompt: Pull the plug.}\n'));
  await until(() => runner.state?.stage === 'before');
  await runner.confirm('a person');
  await untilOver(runner);
  await runner.stop();
  const ready = campaignLines(double).find(({ event }) => event === 'ready');
  assert.equal(ready?.by, 'a person');
  assert.equal(runner.state?.results[0]?.outcome, 'accepted');
});

test('an action that nobody confirms while it is recorded costs the attempt', async () => {
  const double = await runOne('    action: {prompt: Say it now.}\n');
  assert.equal(campaignLines(double).find(({ event }) => event === 'refused')?.text, 'the action was not confirmed');
});

test('nobody can confirm what was not asked', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await assert.rejects(runner.confirm('a person'), /Nobody is asked/);
  await runner.stop();
});

test('a step that is skipped leaves no window, and the campaign goes on', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME.replace('duration: 2s', 'duration: 1h'));
  await until(() => runner.state?.stage === 'recording');
  await runner.order('skip', 'a person');
  assert.equal(runner.state?.at, 1);
  await untilOver(runner);
  await runner.stop();
  assert.equal(runner.state?.results[0]?.outcome, 'skipped');
  assert.equal(tagsOf(double)[0]?.cancelled, true);
});

test('an abort ends everything: no tag is open, and nothing follows', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME.replace('duration: 2s', 'duration: 1h'));
  await until(() => runner.state?.stage === 'recording');
  await runner.order('abort', 'a person');
  await runner.stop();
  assert.equal(runner.state?.state, 'aborted');
  assert.equal(double.tags.size, 0);
  assert.equal(events(double).at(-1), 'aborted');
});

test('a second campaign is refused while one runs', async () => {
  const double = new LedgerDouble();
  const runner = double.run();
  await beginText(runner, HOME.replace('duration: 2s', 'duration: 1h'));
  await assert.rejects(beginText(runner, HOME), /is running; nothing was started/);
  await runner.order('abort', 'test');
  await runner.stop();
});

test('a tag that somebody else has open is left alone', async () => {
  const double = new LedgerDouble();
  double.tags.set('only', { device: null, owner: 'a person', since: '' });
  const runner = double.run();
  await beginText(runner, ONE(''));
  await untilOver(runner);
  await runner.stop();
  assert.equal(runner.state?.results[0]?.outcome, 'failed');
  assert.equal(double.tags.get('only')?.owner, 'a person');
});

test('a campaign whose text in the ledger is none is ended, not guessed at', async () => {
  const double = new LedgerDouble();
  const head = { type: 'campaign', run: 'x', step: 0, attempt: 0, device: null, by: 'test', withdrawn: null } as const;
  double.append({ ...head, event: 'text', text: 'campaign: [' });
  double.append({ ...head, event: 'started', text: '{}' });
  const runner = double.run();
  await untilOver(runner);
  await runner.stop();
  assert.equal(runner.state?.state, 'aborted');
});
