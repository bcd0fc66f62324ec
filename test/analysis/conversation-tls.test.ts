// What the document says of the handshake of each conversation, against tshark.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { conversationTls } from '../../appliance/analysis/document/conversation-tls.ts';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import { CORPUS, withoutCorpus } from '../truth/corpus.ts';

const withoutTshark = spawnSync('tshark', ['--version']).status === 0 ? false : 'no tshark';
const skip = withoutCorpus || withoutTshark;

/** Client's address and port, agreed cipher, names of the certificate. */
function tsharkHellos(path: string): string[] {
  const fields = ['ip.dst', 'tcp.dstport', 'tls.handshake.ciphersuite'].flatMap((field) => ['-e', field]);
  const { stdout } = spawnSync('tshark', ['-r', path, '-Y', 'tls.handshake.type==2', '-T', 'fields', ...fields], {
    encoding: 'utf8',
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.replaceAll('\t', ' '));
}

for (const name of ['iot-lifecycle/xiaodu_plug_idle_on_local.pcap', 'iot-ap/dlink-cam_wlan2.4.pcap'])
  test(`each cipher suite that tshark reads in ${name} is in its conversation`, { skip }, async () => {
    const path = join(CORPUS, name);
    const { document } = await analyzeFile(path, 'curated', false);
    const ours = new Set(
      document.conversations.map(({ client, a_ip, a_port, b_ip, b_port, tls }) => {
        const ends = client === 'a' ? `${a_ip} ${a_port}` : `${b_ip} ${b_port}`;
        return `${ends} ${tls?.cipher}`;
      }),
    );
    const theirs = tsharkHellos(path);
    assert.ok(theirs.length > 1);
    assert.deepEqual(
      theirs.filter((hello) => !ours.has(hello)),
      [],
    );
  });

test('the first word of each kind is reported, others next to it, other marks not', () => {
  const marks = ['encrypted:tls', 'with:cipher 0x1301', 'with:cipher 0x1302', 'with:version TLS 1.3'];
  assert.deepEqual(conversationTls(marks), {
    version: 'TLS 1.3',
    cipher: '0x1301',
    ja4: null,
    certificate: null,
    further: ['cipher 0x1302'],
  });
  assert.equal(conversationTls(['encrypted:tls']), undefined);
});
