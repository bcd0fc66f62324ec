import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../capture/fixture.ts';
import { recorded, SECRET } from '../pull/recorded.ts';

const MAIN = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Not with execFileSync: the appliance that answers lives in this process. */
function weir(...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test('the verbs that ask the appliance answer people and programs, and say in one line what is wrong', async (t) => {
  const served = await recorded(t, { hour: 0, count: 60, devices: [1, 2] });
  const config = path.join(temporaryFolder(t), 'weir.yaml');
  fs.writeFileSync(config, `data:\n  dir: ${served.dataDir}\n`);
  const ask = (...words: readonly string[]) => weir(...words, '-c', config);
  const json = async (...words: readonly string[]) =>
    JSON.parse((await ask(...words, '--json')).out) as Record<string, unknown[]>;

  const findings = await ask('findings');
  assert.match(findings.out, /^(high|medium|low) +[A-Z]+-\d+ {2}/);
  assert.ok(!findings.out.includes(SECRET));
  assert.ok((await json('findings'))['findings']?.length);
  assert.match((await ask('destinations')).out, /93\.184\.216\.34/);
  assert.equal((await json('destinations'))['destinations']?.length, 1);
  assert.match((await ask('ports')).out, /(tcp|udp) 5000/);
  assert.ok((await json('ports'))['ports']?.length);
  assert.match((await ask('sessions', '-d', 'b827eb000001')).out, /10\.0\.0\.11:\d+ +93\.184\.216\.34:5000/);
  const sessions = await json('sessions');
  assert.ok(sessions['conversations']?.length);
  assert.ok(Number(sessions['revision']) > 0 && sessions['made_with'] !== undefined);
  assert.match((await ask('captures', '--limit', '1')).out, /closed[\s\S]*more are older/);
  assert.ok(((await json('captures'))['segments']?.length ?? 0) > 1);

  assert.deepEqual(await ask('tag', 'list'), { code: 0, out: 'no tag is open\n', err: '' });
  assert.equal((await ask('tag', 'start', 'lan_on')).out, 'lan_on: open\n');
  assert.deepEqual(
    served.capture.asked.map(({ verb }) => verb),
    ['tag-start'],
  );
  const refused = await ask('tag', 'stop', 'lan_on');
  assert.deepEqual([refused.code, refused.err], [1, 'weir: the appliance refused: no such tag [REQUEST_INVALID]\n']);

  const token = (await ask('token', 'make', 'lab', '--scope', 'summaries', '--days', '3')).out.trim();
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await served.ask('/api/v1/status', { headers })).status, 200);
  assert.match((await ask('token', 'list')).out, /lab +summaries/);
  assert.ok(!(await ask('token', 'list', '--json')).out.includes(token));
  assert.equal((await ask('token', 'revoke', 'lab')).out, 'lab: revoked\n');
  assert.equal((await served.ask('/api/v1/status', { headers })).status, 401);
  assert.equal((await ask('token', 'make', 'lab', '--scope', 'all')).code, 2);
});

test('pull and archive say in one line what is wrong before anything is fetched', async (t) => {
  const folder = temporaryFolder(t);
  fs.writeFileSync(path.join(folder, 'other'), '');
  for (const [words, line] of [
    [['pull', 'pi.local'], /Name at least one appliance/],
    [['pull', 'pi local', path.join(folder, 'a')], /is no host; nothing was fetched/],
    [['pull', 'pi.local', folder], /is no archive of `weir pull`/],
    [['archive', 'status', path.join(folder, 'nothing')], /is no archive/],
    [['pull', '--token-file', path.join(folder, 'none'), 'pi.local', path.join(folder, 'a')], /there is no such file/],
  ] as const) {
    const { code, err } = await weir(...words);
    assert.match(err, line);
    assert.equal(code, 2, words.join(' '));
    assert.equal(err.split('\n').length, 2);
  }
});
