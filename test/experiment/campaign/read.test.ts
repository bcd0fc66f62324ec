// Campaign files: what is refused, with its line and its remedy, and what an order by a seed is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  campaignPlaces,
  findCampaign,
  readCampaignFile,
} from '../../../appliance/experiment/campaign/campaign-files.ts';
import { checkCampaign } from '../../../appliance/experiment/campaign/check.ts';
import { planCampaign, planSeconds } from '../../../appliance/experiment/campaign/plan.ts';
import { readCampaign } from '../../../appliance/experiment/campaign/read.ts';

const step = (...lines: readonly string[]) =>
  ['campaign: one', 'steps:', '  - name: only', '    phase: idle', '    duration: 30s', ...lines, ''].join('\n');

/** A file, the line of its mistake, what is said to do. */
const MISTAKES: readonly (readonly [string, string, number, RegExp])[] = [
  [
    'a name with a blank',
    'campaign: a b\nsteps: [{name: x, phase: idle, duration: 30s}]\n',
    1,
    /letters, digits and _/,
  ],
  ['a phase that is none', step().replace('phase: idle', 'phase: idel'), 4, /one of unlabelled, setup, idle/],
  ['a length in words', step().replace('30s', '5 minutes'), 5, /as 30s, 5m, 2h or 7d/],
  ['a step that is too short', step().replace('30s', '10s'), 5, /lengthen it, or lower accept.seconds/],
  ['an unknown word', step('    foo: 1'), 6, /unknown; there are: name, phase/],
  ['a path for a program', step('    action: {program: ../sh}'), 6, /no path and no arguments/],
  ['a program with arguments', step('    action: {program: reboot -f}'), 6, /no path and no arguments/],
  [
    'a program that is not there',
    step('    action: {program: no_such_program}'),
    6,
    /is not there; put the program there as root/,
  ],
  ['a shell', step('    action: {shell: reboot}'), 6, /unknown; there are: prompt, webhook/],
  ['two kinds of action', step('    action: {prompt: a, program: b}'), 6, /exactly one of/],
  ['no action in an action', step('    action: {within: 5s}'), 6, /exactly one of/],
  ['a file as webhook', step('    before: {webhook: {url: "file:///etc/passwd"}}'), 6, /http:\/\/ or https:\/\//],
  ['a password in a webhook', step('    before: {webhook: {url: "http://a:b@c/"}}'), 6, /without a password/],
  [
    'Home Assistant without a wish',
    step('    before: {home_assistant: {entity: light.a}}'),
    6,
    /name a service, a state, or both/,
  ],
  [
    'an entity that would be a topic',
    step('    before: {home_assistant: {entity: "light.#", state: "on"}}'),
    6,
    /an entity as light.desk/,
  ],
  ['seconds in the calendar', step('    at: "* * * * * *"'), 6, /write five fields/],
  ['an hour that is none', step('    at: "0 25 * * *"'), 6, /write five fields/],
  ['an action longer than its step', step('    action: {prompt: a, within: 2h}'), 6, /longer than the step/],
  ['a seed without an order', `seed: 1\n${step()}`, 1, /add `order: shuffled`/],
  ['too many recordings', step('    repeats: 1000').replace('steps:', 'rounds: 6\nsteps:'), 4, /6000 recordings/],
  ['a step without a name', 'campaign: one\nsteps:\n  - phase: idle\n    duration: 30s\n', 3, /missing; add name/],
  ['no steps', 'campaign: one\nsteps: []\n', 2, /a list of 1 to 200 steps/],
  ['an alias', 'campaign: &a one\nabout: *a\n', 2, /write it out/],
  ['no YAML', 'campaign: [\n', 2, /no YAML/],
  ['nothing', '', 1, /begin with `campaign: NAME`/],
  ['a list', '- a\n', 1, /begin with `campaign: NAME`/],
  ['a name twice', `${step()}campaign: two\n`, 6, /no YAML/],
  ['a control character', 'campaign: one\nabout: "\u0007"\n', 2, /control character/],
  ['endless text', `about: ${'x'.repeat(40_000)}`, 1, /shorten it/],
];

for (const [what, text, line, remedy] of MISTAKES) {
  test(`${what} is refused with its line and what to do`, () => {
    const { plan, mistakes } = checkCampaign(text);
    assert.equal(plan, null);
    assert.equal(mistakes[0]?.line, line, mistakes[0]?.message);
    assert.match(mistakes.map(({ message }) => message).join('\n'), remedy);
  });
}

test('all mistakes are reported at once, in the order of their lines', () => {
  const { mistakes } = readCampaign(
    step('    foo: 1', '    repeats: 0').replace('phase: idle', 'phase: no').replace('30s', 'no'),
  );
  assert.deepEqual(
    mistakes.map(({ line }) => line),
    [4, 5, 6, 7],
  );
});

test('whatever the text, reading it ends with a plan or with mistakes', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.string().map((junk) => step(junk)),
      ),
      (text) => {
        const { plan, mistakes } = readCampaign(text);
        assert.equal(plan === null, mistakes.length > 0);
      },
    ),
    { numRuns: 300 },
  );
});

test('the campaigns that come with Weir have no mistakes', () => {
  const places = campaignPlaces('/nonexistent');
  assert.deepEqual(
    places.map(({ name }) => name),
    ['iotshark', 'moniotr', 'moniotr_idle', 'paper'],
  );
  for (const { name, path } of places) {
    const { plan, mistakes } = checkCampaign(readCampaignFile(path));
    assert.deepEqual(mistakes, [], name);
    assert.equal(plan?.name, name);
  }
});

test('the paper’s week is a week, with intensive use behind an hour of idle life', () => {
  const { plan } = readCampaign(readCampaignFile(findCampaign('paper').path));
  const recorded = plan?.steps.reduce((sum, { seconds }) => sum + seconds, 0);
  assert.equal(recorded, 7 * 86_400);
  assert.equal(plan?.steps[0]?.seconds, 3600);
  assert.deepEqual(
    new Set(plan?.steps.map(({ interaction }) => interaction)),
    new Set(['none', 'physical', 'lan_app', 'wan_app', 'voice']),
  );
});

test('IoTShark’s two times two carry its names', () => {
  const { plan } = readCampaign(readCampaignFile(findCampaign('iotshark').path));
  const tags = plan?.steps.map(({ tag, seconds }) => `${tag} ${seconds}`);
  assert.deepEqual(tags, [
    '5MinMicOffNoTalk 300',
    '5MinMicOffYesTalk 300',
    '5MinMicOnNoTalk 300',
    '5MinMicOnYesTalk 300',
    '30MinMicOnYesTalk 1800',
  ]);
});

test('a seed gives one order, each round holds every step, and another seed another order', () => {
  const names = (seed: number) => {
    const steps = Array.from({ length: 10 }, (_, at) => ({ name: `s${at}`, phase: 'idle', duration: '30s' }) as const);
    return planCampaign({ campaign: 'a', order: 'shuffled', seed, rounds: 2, steps }).steps.map(({ name }) => name);
  };
  assert.deepEqual(names(7), names(7));
  assert.notDeepEqual(names(7), names(8));
  for (const round of [names(7).slice(0, 10), names(7).slice(10)]) assert.equal(new Set(round).size, 10);
});

test('how long it lasts is the sum of recorded and quiet time', () => {
  const { plan } = readCampaign(step('    repeats: 3', '    guard: 10s'));
  assert.equal(plan === null ? 0 : planSeconds(plan), 120);
});
