// A conversation of a real QUIC stack, recorded once: Cloudflare’s quiche (npm @matrixai/quic 2.0.9), client and server, with a Retry, the
// protocol of DNS over QUIC (RFC 9250), and JSON with a password in its streams. Addresses were replaced afterwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';

const RECORDED = fileURLToPath(new URL('../../../test/confusion/recorded-doq.pcap', import.meta.url));

test('DNS over QUIC by a real stack is encrypted, named, and a fact of the device', async () => {
  const { document } = await analyzeFile(RECORDED, 'curated', false);
  assert.deepEqual(
    document.conversations.map(({ verdict, service, readable }) => [verdict, service, readable]),
    [['encrypted', 'quic', 'no']],
  );
  const device = document.devices.find(({ mac }) => mac === '02:00:00:00:00:20');
  assert.deepEqual(device?.encrypted_dns, ['DoQ dns.lamp.example']);
  assert.deepEqual(document.findings, []);
});
