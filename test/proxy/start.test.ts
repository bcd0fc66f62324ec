import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { PROXY_PORT } from '../../appliance/proxy/fence/lead-rules.ts';
import { owedFile } from '../../appliance/proxy/fence/owed-line.ts';
import { PROXY_FOLDER, rootFolder } from '../../appliance/proxy/places.ts';

const MAIN = join(import.meta.dirname, '../../appliance/proxy/main.js');
const UNIT = join(import.meta.dirname, '../../../provisioning/proxy/weir-proxy.service');
const weir = (...words: readonly string[]) =>
  spawnSync(process.execPath, [MAIN, 'proxy', ...words], { encoding: 'utf8' });

test('what is no device, or no way of the fence, is one clear line and changes nothing', () => {
  assert.match(
    weir('start', '--device', 'phone').stderr,
    /^weir: phone is no MAC address; nothing was started\..* \[USAGE\]\n$/,
  );
  assert.match(
    weir('fence', 'sideways').stderr,
    /^weir: fence is up or down, not sideways; nothing was done\. \[USAGE\]\n$/,
  );
});

test('the unit leads to the port that the rules lead to, and takes them down however it ends', () => {
  const unit = readFileSync(UNIT, 'utf8');
  assert.match(unit, new RegExp(`^ExecStart=/usr/lib/weir-proxy/listen ${PROXY_PORT} `, 'm'));
  assert.match(unit, /^ExecStartPre=\+.* proxy fence up /m);
  assert.match(unit, /^ExecStopPost=\+.* proxy fence down/m);
  assert.ok(!unit.includes('[Install]'), 'it is off until somebody starts it');
});

test('the unit that reports a power cut looks where the line is owed, and is there at each start', () => {
  const unit = readFileSync(join(dirname(UNIT), 'weir-proxy-after-cut.service'), 'utf8');
  assert.ok(unit.includes(`ConditionPathExists=${owedFile(rootFolder(PROXY_FOLDER))}\n`));
  assert.match(unit, /^ExecStart=.* proxy fence down /m);
  const postinst = readFileSync(join(dirname(UNIT), 'scripts/postinst'), 'utf8');
  assert.match(postinst, /deb-systemd-helper enable weir-proxy-after-cut\.service/);
});

test('the unit is exposed by at most 1.6 of 10', {
  skip: spawnSync('systemd-analyze', ['--version']).error !== undefined,
}, () => {
  const words = ['security', '--offline=yes', '--threshold=16', '--no-pager', UNIT];
  const { status, stdout } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  assert.equal(status, 0, stdout.slice(-400));
});
