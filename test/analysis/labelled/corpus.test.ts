import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { analyzeFile } from '../../../appliance/cli/analyze-file.ts';
import type { DocumentConversation, Verdict } from '../../../appliance/model/analysis-document.ts';
import { Confusion } from './confusion.ts';
import { keyOf, type Label, labelsOf, tsharkMissing } from './tshark-labels.ts';

const captures =
  process.env['WEIR_CAPTURES'] ?? join(import.meta.dirname, '..', '..', '..', '..', '..', 'shared', 'captures');
const FOLDERS = ['iot-setup', 'iot-ap', 'iot-lifecycle', 'iot-misc', 'proto'];

const missing = existsSync(captures) ? tsharkMissing() : `no captures at ${captures}`;

/** `opaque` is honest everywhere but for what is clear by its protocol. */
const RIGHT: Readonly<Record<Exclude<Label, 'unknown'>, readonly Verdict[]>> = {
  encrypted: ['encrypted', 'upgraded', 'opaque'],
  upgraded: ['upgraded', 'encrypted', 'cleartext'],
  both: ['encrypted', 'upgraded', 'cleartext', 'compressed-in-clear'],
  clear: ['cleartext', 'compressed-in-clear', 'encoded'],
};

interface Case {
  readonly file: string;
  readonly label: Label;
  readonly conversation: DocumentConversation;
}

async function casesOf(folder: string, file: string): Promise<Case[]> {
  const path = join(captures, folder, file);
  const labels = labelsOf(path);
  const { document } = await analyzeFile(path, 'curated', false);
  return document.conversations.flatMap((conversation) => {
    const { proto, a_ip, a_port, b_ip, b_port } = conversation;
    const label = labels.get(keyOf(proto, a_ip, a_port, b_ip, b_port));
    return label === undefined || conversation.verdict === 'no_payload' ? [] : [{ file, label, conversation }];
  });
}

function describe({ file, label, conversation: c }: Case): string {
  const n = c.payload_ab + c.payload_ba;
  return `${file}: ${label} ${c.proto} ${c.a_port} > ${c.b_port}, ${n} bytes, ${c.service}: ${c.verdict}, ${c.verdict_reason}`;
}

function report(wrong: readonly Case[]): string {
  return `${wrong.length}:\n${wrong.slice(0, 40).map(describe).join('\n')}`;
}

/**
 * Files are parted by a hash of their bytes, so that nobody chose. The rules of the verdict were made while looking at the
 * whole corpus and are frozen since 2026-11-28: the second half says how they do on files that no rule is changed for from
 * now on, not that nobody had ever seen them. What truly nobody had seen is the second set of generated.test.ts.
 */
const HALVES = ['tuning', 'held out'] as const;
type Half = (typeof HALVES)[number];

function halfOf(path: string): Half {
  return createHash('sha256').update(readFileSync(path)).digest()[0]! % 2 === 0 ? 'tuning' : 'held out';
}

interface Sorted {
  readonly cases: readonly Case[];
  readonly files: number;
}

async function sortCases(told: (text: string) => void): Promise<Readonly<Record<Half, Sorted>>> {
  const halves = { tuning: { cases: [] as Case[], files: 0 }, 'held out': { cases: [] as Case[], files: 0 } };
  for (const folder of FOLDERS) {
    for (const file of readdirSync(join(captures, folder))) {
      try {
        const half = halves[halfOf(join(captures, folder, file))];
        half.cases.push(...(await casesOf(folder, file)));
        half.files++;
      } catch (thrown) {
        told(`${file}: left out, ${thrown instanceof Error ? thrown.message.split('\n')[0] : 'unreadable'}`);
      }
    }
  }
  return halves;
}

test('verdicts on the real captures against what tshark sees in them', { skip: missing ?? false }, async (t) => {
  const halves = await sortCases((text) => t.diagnostic(text));
  for (const half of HALVES) {
    await t.test(`${half} captures`, (inner) => judgeHalf(inner, half, halves[half]));
  }
});

async function judgeHalf(t: TestContext, half: Half, { cases, files }: Sorted): Promise<void> {
  const confusion = new Confusion();
  for (const { label, conversation } of cases) confusion.add(label, conversation.verdict, conversation.threshold7);
  t.diagnostic(`${half}: ${files} files, ${cases.length} conversations`);
  for (const line of confusion.lines()) t.diagnostic(line);

  await t.test('no clear conversation is called encrypted', () => {
    const wrong = cases.filter(
      (c) => c.label === 'clear' && ['encrypted', 'upgraded'].includes(c.conversation.verdict),
    );
    assert.equal(wrong.length, 0, report(wrong));
  });

  const judged = cases.filter((c) => c.label !== 'unknown' && !isSilent(c));
  await t.test(`99 % of ${judged.length} labelled conversations are right or honestly opaque`, () => {
    const wrong = judged.filter((c) => !RIGHT[c.label as Exclude<Label, 'unknown'>].includes(c.conversation.verdict));
    for (const c of wrong) t.diagnostic(describe(c));
    assert.ok(wrong.length <= judged.length * 0.01, report(wrong));
  });

  const large = cases.filter((c) => c.conversation.payload_ab + c.conversation.payload_ba >= 1024);
  await t.test(`at most 5 % of ${large.length} conversations with 1 KB of payload get no answer`, () => {
    const silent = large.filter(isSilent);
    for (const c of silent) t.diagnostic(describe(c));
    assert.ok(silent.length <= large.length * 0.05, report(silent));
  });
}

function isSilent({ conversation }: Case): boolean {
  return conversation.verdict === 'undetermined' || conversation.verdict === 'insufficient';
}
