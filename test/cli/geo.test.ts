// weir geo from the outside: what is no address, and what cannot be compared.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { GeoComparison } from '../../appliance/geo/geo-comparison.ts';
import { household } from '../analysis/household.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'appliance', 'cli', 'main.js');

function geo(t: TestContext, ...words: string[]): { status: number | null; out: string; err: string } {
  const folder = mkdtempSync(join(tmpdir(), 'weir-geo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'weir.yaml');
  writeFileSync(config, `data: {dir: ${folder}}\n`);
  writeFileSync(join(folder, 'home.pcap'), household(1));
  const given = words.map((word) => word.replace('FOLDER', folder));
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'geo', ...given, '--config', config], {
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

for (const text of ['300.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', 'fe80::1::2', 'example.com', '1.2.3.4/8', '']) {
  test(`looking up "${text}" is an error that names it, whatever is next to it`, (t) => {
    const { status, out, err } = geo(t, 'lookup', '192.0.2.1', text);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, /No IPv4 or IPv6 address: .*\[USAGE\]\n$/);
    assert.ok(err.includes(text));
  });
}

test('one database is compared with nothing, and agreement is not claimed', (t) => {
  const reported = geo(t, 'compare', 'FOLDER/home.pcap');
  assert.equal(reported.status, 0);
  assert.match(reported.out, /one database only \(built-in\): nothing to compare/);
  assert.doesNotMatch(reported.out, /agree/);
  const { agreement } = JSON.parse(geo(t, 'compare', 'FOLDER/home.pcap', '--json').out) as GeoComparison;
  assert.equal(agreement, null);
});
