import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { stampNewest } from '../../appliance/pull/time-tokens.ts';
import { verifySite } from '../../appliance/pull/verify-archive.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { pullAll, recorded, siteOf } from './recorded.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const CONFIGURATION = `
[req]
distinguished_name = dn
[dn]
[v3_tsa]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa1
[tsa1]
serial = SERIAL
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
`;

interface Authority {
  readonly url: string;
  readonly caFile: string;
  isAway: boolean;
}

/** An authority of our own: `openssl ts -reply` behind HTTP. */
async function authority(t: TestContext): Promise<Authority> {
  const folder = temporaryFolder(t);
  const at = (name: string) => path.join(folder, name);
  fs.writeFileSync(at('tsa.cnf'), CONFIGURATION.replace('SERIAL', at('serial')));
  fs.writeFileSync(at('serial'), '01\n');
  const subject = ['-subj', '/CN=Test time', '-config', at('tsa.cnf'), '-extensions', 'v3_tsa'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '30',
      ...subject,
      '-keyout',
      at('key.pem'),
      '-out',
      at('cert.pem'),
    ],
    { stdio: 'ignore' },
  );
  const made: Authority = { url: '', caFile: at('cert.pem'), isAway: false };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (made.isAway) return void response.writeHead(503).end();
      fs.writeFileSync(at('query'), Buffer.concat(parts));
      const signer = ['-signer', at('cert.pem'), '-inkey', at('key.pem'), '-config', at('tsa.cnf'), '-section', 'tsa1'];
      execFileSync('openssl', ['ts', '-reply', '-queryfile', at('query'), ...signer, '-out', at('reply')], {
        stdio: 'ignore',
      });
      response.end(fs.readFileSync(at('reply')));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  return Object.assign(made, { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/` });
}

test('a stamped head says before when it existed; an authority that is away is asked again; an altered one is refused', {
  skip: hasOpenssl ? false : 'openssl is not installed',
}, async (t) => {
  const served = await recorded(t, { hour: 0, count: 40, devices: [1] });
  const archive = path.join(temporaryFolder(t), 'archive');
  await pullAll(archive, [served]);
  const folder = siteOf(archive);
  const site = path.basename(folder);
  const time = await authority(t);
  time.isAway = true;
  await assert.rejects(stampNewest(folder, site, [time.url]), /no time token.*HTTP 503.*Nothing is lost/);
  time.isAway = false;
  const [token = ''] = await stampNewest(folder, site, [time.url]);
  assert.deepEqual(await stampNewest(folder, site, [time.url]), []);

  // The stock program, with nothing of ours.
  const text = path.join(folder, token.replace(/tsr$/, 'txt'));
  assert.match(
    execFileSync('openssl', ['ts', '-verify', '-data', text, '-in', path.join(folder, token), '-CAfile', time.caFile], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString(),
    /Verification: OK/,
  );
  const report = await verifySite(folder, {}, time.caFile);
  assert.ok(report.ok, JSON.stringify(report.problems));
  assert.equal(report.times.length, 1);
  assert.ok(Math.abs(Date.parse(report.times[0]?.before ?? '') - Date.now()) < 600_000);

  const other = await authority(t);
  const strange = await verifySite(folder, {}, other.caFile);
  assert.deepEqual(
    strange.problems.map(({ where }) => where),
    [token],
  );
  const file = path.join(folder, token);
  const moved = file.replace(/\d{15}/, '000000000000003');
  fs.renameSync(file, moved);
  const altered = await verifySite(folder, {}, time.caFile);
  assert.match(altered.problems.map(({ detail }) => detail).join(), /over another history/);
});
