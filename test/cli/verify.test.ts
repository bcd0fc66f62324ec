import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifyReport } from '../../appliance/capture/ledger/verify.ts';
import { reportText } from '../../appliance/cli/verify.ts';

const clean: VerifyReport = {
  ok: true,
  kind: 'appliance',
  appliance: 'weir-1',
  key: 'ab'.repeat(32),
  format: 3,
  earlierFormats: [],
  head: { lines: 3, head: 'cd'.repeat(32), ts: '60.000000000' },
  running: false,
  unknown: [],
  files: 2,
  bytes: 10,
  ledgerLines: 3,
  omittedLines: 0,
  seals: 1,
  problems: [],
  warnings: [],
  unsynced: [{ from: '0.000000000', to: '60.000000000' }],
  corrections: [],
};

test('a clean folder is said to be verified, with what is not known about its clock', () => {
  assert.match(
    reportText(clean),
    /^note .*1970-01-01T00:00:00\.000Z to 1970-01-01T00:01:00\.000Z\n(.*\n)*verified: appliance weir-1/,
  );
});

test('an altered file is named, and its name cannot colour the terminal', () => {
  const problems = [{ kind: 'altered', where: 'captures/\u001b[2J.pcap', detail: 'another hash' }] as const;
  assert.match(
    reportText({ ...clean, ok: false, problems }),
    /^PROBLEM {2}altered {4}captures\/\\u\{1b\}\[2J\.pcap: another hash\n/,
  );
});
