// Each verb of the declarations answers people in words and programs as JSON: a row here, or the test that shows it.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Command } from 'commander';
import { weirProgram } from '../../appliance/cli/run-weir.ts';
import { VERBS } from '../../appliance/cli/verbs.ts';
import { APPLIANCE_SOCKET } from '../../appliance/model/files/run-files.ts';
import { Archive } from '../../appliance/pull/archive.ts';
import { household } from '../analysis/household.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { recorded, SECRET } from '../pull/recorded.ts';
import { ELSEWHERE, type Place, ROWS } from './verb-rows.ts';

/** Their answer is no JSON for a reason: a process that runs on, or text in the language of another program. */
const WITHOUT_JSON: Readonly<Record<string, string>> = {
  capture: 'runs on',
  appliance: 'runs on',
  'ap run': 'runs on',
  shell: 'a conversation, with the words of the paper’s own program',
  proxy: 'hands its words on to a program of its own package',
  'scan-worker': 'a child of the appliance, with lines of JSON of its own',
  'run-action': 'a child of a campaign; the output is the action’s',
  'measured-analysis': 'always JSON',
  analyze: '--format json',
  replay: 'always lines of JSON',
  'registry export': '--format: a file for other programs; `registry show` has --json',
  'archive rows': '--format ndjson',
  completion: 'a script for a shell',
};

const RULES = path.join(import.meta.dirname, '../../../appliance/analysis/platforms/rules/tuya.yaml');

function* verbsOf(
  command: Command,
  words: readonly string[],
): Iterable<{ words: readonly string[]; command: Command }> {
  if (command.commands.length === 0) yield { words, command };
  for (const verb of command.commands) yield* verbsOf(verb, [...words, verb.name()]);
  // `weir devices` lists, `weir devices confirm` writes: both are verbs.
  if (words.length > 0 && command.commands.length > 0 && command.options.length > 0) yield { words, command };
}

const verbs = [...verbsOf(weirProgram(VERBS), [])].map(({ words, command }) => ({ name: words.join(' '), command }));

test('each declared verb has a row here or a test that is named', () => {
  const named = [...new Set(ROWS.map(({ verb }) => verb)), ...Object.keys(ELSEWHERE)];
  assert.deepEqual(named.toSorted(), verbs.map(({ name }) => name).toSorted());
  for (const [verb, file] of Object.entries(ELSEWHERE)) {
    const source = path.join(import.meta.dirname, '../../../test', file);
    assert.ok(fs.readFileSync(source, 'utf8').includes(verb.split(' ').at(-1) ?? ''), `${file} knows no ${verb}`);
  }
});

test('each verb takes --json, but those whose answer is none for a reason', () => {
  const takes = ({ command }: { command: Command }): boolean =>
    [command, command.parent].some((one) => one?.options.some(({ long }) => long === '--json') === true);
  const without = verbs.filter((one) => !takes(one)).map(({ name }) => name);
  assert.deepEqual(without.toSorted(), Object.keys(WITHOUT_JSON).toSorted());
});

/** As far as `weir scan show` reads it. */
const SCAN = { scan: { tcp: { open: '22' }, udp: {}, looks: [] }, diff: null, vulnerable: [] };

/** Answers every order as if it were carried out. */
async function obey(t: TestContext, dataDir: string): Promise<void> {
  const socket = path.join(dataDir, APPLIANCE_SOCKET);
  fs.mkdirSync(path.dirname(socket), { recursive: true });
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? SCAN : { run: 'moniotr-1' };
    request.resume().once('end', () => response.end(JSON.stringify(answer)));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => server.close());
}

function ranges(count: number): string {
  const network = (i: number) => `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
  return Array.from({ length: count }, (_, i) => `${network(i)}.0,${network(i)}.255,DE\n`).join('');
}

async function place(t: TestContext): Promise<Place> {
  const served = await recorded(t, { hour: 0, count: 60, devices: [1, 2] });
  const folder = temporaryFolder(t);
  const at = (name: string) => path.join(folder, name);
  fs.writeFileSync(at('home.pcap'), household(1));
  fs.writeFileSync(at('other.pcap'), household(2));
  fs.writeFileSync(at('weir.yaml'), `data:\n  dir: ${served.dataDir}\n`);
  fs.writeFileSync(at('registry.txt'), 'b8:27:eb:00:00:02 lamp\n');
  fs.writeFileSync(at('ranges.csv'), ranges(5000));
  fs.copyFileSync(RULES, at('rules.yaml'));
  fs.writeFileSync(at('token'), served.token);
  await Archive.open(at('empty'), true);
  await obey(t, at('obeying'));
  fs.writeFileSync(at('obeying.yaml'), `data:\n  dir: ${at('obeying')}\n`);
  // The same recording, of no running appliance.
  fs.cpSync(served.dataDir, at('data'), { recursive: true, filter: (file) => !/\/(run|index)(\/|$)/.test(file) });
  fs.writeFileSync(at('still.yaml'), `data:\n  dir: ${at('data')}\n`);
  return { folder, host: served.host, capture: served.capture };
}

/** In this process: the appliance that answers lives here, too. */
async function said(t: TestContext, words: readonly string[]): Promise<{ out: string; err: string }> {
  const parts = { out: '', err: '' };
  const out = t.mock.method(process.stdout, 'write', (text: string | Uint8Array) => {
    parts.out += Buffer.from(text as Uint8Array).toString();
    return true;
  });
  const err = t.mock.method(process.stderr, 'write', (text: string | Uint8Array) => {
    parts.err += Buffer.from(text as Uint8Array).toString();
    return true;
  });
  try {
    await weirProgram(VERBS).parseAsync(['node', 'weir', ...words]);
  } catch (thrown) {
    throw new Error(`weir ${words.join(' ')}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
      cause: thrown,
    });
  } finally {
    out.mock.restore();
    err.mock.restore();
    // `doctor` and others say how it went with it.
    process.exitCode = 0;
  }
  return parts;
}

test('each verb answers people in words and programs as JSON, and no answer holds a secret', async (t) => {
  const here = await place(t);
  const wrong: string[] = [];
  for (const { verb, words, people, machine } of ROWS) {
    const own = (round: number) => [...verb.split(' '), ...words(here, round)];
    const text = await said(t, own(0));
    if (!people.test(text.out)) wrong.push(`weir ${verb}: ${text.out}${text.err}`);
    if (`${text.out}${text.err}`.includes(SECRET)) wrong.push(`weir ${verb} shows the secret`);
    if (machine === null) continue;
    const json = await said(t, [...own(1), '--json']);
    const parsed = JSON.parse(json.out) as object;
    const keys = Object.keys(Array.isArray(parsed) ? ((parsed[0] ?? {}) as object) : parsed);
    const lacking = machine.filter((key) => !keys.includes(key));
    if (lacking.length > 0) wrong.push(`weir ${verb} --json lacks ${lacking.join(' ')}: ${json.out}`);
    if (`${json.out}${json.err}`.includes(SECRET)) wrong.push(`weir ${verb} --json shows the secret`);
  }
  assert.deepEqual(wrong, []);
});
