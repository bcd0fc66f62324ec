// TLS fingerprints next to those of two other programs: JA3 of tshark, the hashes of JA4 of nDPI's own expected results.
// JA4's first letters are left out of the comparison: nDPI writes `ht` for http/1.1 where the specification asks for the
// first and last character, and takes names from DNS where the hello has none.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { readCaptureFile } from '../../appliance/cli/files/capture-file.ts';
import { CORPUS, withoutCorpus } from '../truth/corpus.ts';

const withoutTshark = spawnSync('tshark', ['--version']).error === undefined ? false : 'tshark is not installed';

async function countsOf(path: string, table: string): Promise<Record<string, number>> {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  await readCaptureFile(path, analyzer, false);
  const sum: Record<string, number> = {};
  for (const byText of Object.values(analyzer.summary().own.counts[table] ?? {})) {
    for (const [text, count] of Object.entries(byText)) sum[text] = (sum[text] ?? 0) + count;
  }
  return sum;
}

function tsharkJa3(path: string): Record<string, number> {
  const fields = ['-T', 'fields', '-e', 'tls.handshake.ja3', '-e', 'dtls.handshake.ja3'];
  const { stdout } = spawnSync('tshark', ['-r', path, ...fields], { encoding: 'utf8' });
  const counts: Record<string, number> = {};
  for (const text of stdout.split(/[\n\t,]/).filter((line) => line !== '')) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

const CAPTURES = [
  'iot-setup/D-LinkHomeHub_Setup-A-1.pcap',
  'iot-ap/philips-hue_lan.pcap',
  'iot-lifecycle/xiaodu_plug.pcap',
  'proto/ndpi_alexa-app.pcapng',
  'proto/ndpi_android.pcap',
  'proto/zeek_tls_dtls1_2.pcap',
];

for (const capture of CAPTURES) {
  test(`JA3 of every hello in ${capture} is tshark's`, { skip: withoutCorpus || withoutTshark }, async () => {
    const path = join(CORPUS, capture);
    const expected = tsharkJa3(path);
    assert.ok(Object.keys(expected).length > 0, 'tshark names at least one');
    assert.deepEqual(await countsOf(path, 'tls.ja3'), expected);
  });
}

const EXPECTED = join(CORPUS, 'expected', 'ndpi');

test('the hashes of JA4 are those that nDPI expects', { skip: withoutCorpus }, async (t) => {
  let compared = 0;
  for (const result of readdirSync(EXPECTED)) {
    const path = join(CORPUS, 'proto', `ndpi_${result.slice(0, -4)}`);
    const wanted = [...readFileSync(join(EXPECTED, result), 'utf8').matchAll(/JA4: [a-z0-9]+_([0-9a-f]+_[0-9a-f]+)/g)];
    if (wanted.length === 0 || !existsSync(path)) continue;
    const ours = new Set(Object.keys(await countsOf(path, 'tls.ja4')).map((text) => text.slice(text.indexOf('_') + 1)));
    for (const hashes of new Set(wanted.map((match) => match[1] ?? ''))) {
      compared += 1;
      assert.ok(ours.has(hashes), `${result} has ${hashes}`);
    }
  }
  t.diagnostic(`${compared} fingerprints compared`);
  assert.ok(compared >= 15);
});
