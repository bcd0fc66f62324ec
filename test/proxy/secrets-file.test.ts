import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createHttps, request } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Leaves, leafKey, makeAuthority } from '../../appliance/proxy/engine/authority.ts';
import { ClearStream, PCAP_HEADER } from '../../appliance/proxy/record/clear-stream.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const skip = spawnSync('tshark', ['-v']).error === undefined ? false : 'tshark is not installed';
const folder = mkdtempSync(join(tmpdir(), 'weir-secrets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** One request over TLS as a capture of its packets would have it, and the secrets of the server's side. */
async function recorded(
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
): Promise<{ readonly pcap: Buffer; readonly secrets: string }> {
  let secrets = '';
  const leaves = new Leaves(makeAuthority('Own', new Date()), await leafKey());
  const server = createHttps(
    { key: leaves.key, cert: leaves.certificateFor(['api.example.com']), maxVersion },
    (_asked, answer) => answer.end('hello'),
  );
  server.on('keylog', (line: Buffer) => (secrets += line.toString('latin1')));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const stream = new ClearStream(
    { client: '192.0.2.7', clientPort: 40_000, server: '203.0.113.1', serverPort: 443 },
    null,
  );
  const frames = [PCAP_HEADER, stream.open(1n)];
  const wire = createTcp((near) => {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    near.on('data', (bytes: Buffer) => frames.push(stream.data(2n, 'app', bytes)));
    far.on('data', (bytes: Buffer) => frames.push(stream.data(2n, 'server', bytes)));
    near.pipe(far).pipe(near);
  });
  await once(wire.listen(0, '127.0.0.1'), 'listening');
  const { port } = wire.address() as AddressInfo;
  const asked = request({
    port,
    host: '127.0.0.1',
    path: '/secret-path',
    rejectUnauthorized: false,
    agent: false,
  }).end();
  const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
  answer.resume();
  await once(answer, 'end');
  server.close();
  wire.close();
  return { pcap: Buffer.concat(frames), secrets };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`tshark opens capture and secrets as one file and shows the HTTP inside ${version}`, { skip }, async () => {
    const { pcap, secrets } = await recorded(version);
    const [state, capture, out] = [
      join(folder, version),
      join(folder, `${version}.pcap`),
      join(folder, `${version}.pcapng`),
    ];
    mkdirSync(join(state, 'runs/one'), { recursive: true });
    writeFileSync(join(state, 'runs/one/tls-secrets.txt'), secrets);
    writeFileSync(capture, pcap);
    const words = [MAIN, 'proxy', 'pcapng', capture, '--out', out, '--dir', state];
    assert.match(spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout, /packets, \d+ bytes of secrets/);
    assert.equal(statSync(out).mode & 0o777, 0o600);
    const uris = (file: string) =>
      spawnSync('tshark', ['-n', '-r', file, '-Y', 'http.request', '-T', 'fields', '-e', 'http.request.uri'], {
        encoding: 'utf8',
      }).stdout;
    assert.deepEqual([uris(capture), uris(out)], ['', '/secret-path\n']);
    assert.match(spawnSync(process.execPath, words, { encoding: 'utf8' }).stderr, /EEXIST.*nothing was written/);
  });
}
