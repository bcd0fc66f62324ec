// The findings that a filter leaves.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FindingRow } from '../../appliance/publish/schemas/findings.ts';
import { filterFindings } from '../../web/src/finding-groups.ts';

const row = (device: string | null, rule: string, severity: string) =>
  ({ device, rule, severity }) as unknown as FindingRow;
const ALL = [
  row('b8:27:eb:00:00:01', 'CRED-01', 'high'),
  row('b8:27:eb:00:00:02', 'CRED-01', 'high'),
  row(null, 'AP-03', 'low'),
];
const rules = (filter: Partial<Record<'severity' | 'device' | 'rule', string>>) =>
  filterFindings(ALL, { severity: '', device: '', rule: '', ...filter }).map(({ rule, device }) => `${rule} ${device}`);

test('a device is meant by its MAC with colons and without, as links of notifications write it', () => {
  const expected = ['CRED-01 b8:27:eb:00:00:01'];
  assert.deepEqual(rules({ device: 'b8:27:eb:00:00:01' }), expected);
  assert.deepEqual(rules({ device: 'b827eb000001' }), expected);
});

test('an empty filter leaves all, and words of a filter hold together', () => {
  assert.equal(rules({}).length, 3);
  assert.deepEqual(rules({ severity: 'high', rule: 'AP-03' }), []);
  assert.deepEqual(rules({ severity: 'low' }), ['AP-03 null']);
});
