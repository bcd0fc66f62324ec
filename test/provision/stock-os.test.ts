// The files for a stock Raspberry Pi OS: cloud-init takes them, and the installation says on the card how it went. Programs that
// would change this machine are stand-ins.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { mistakesIn } from '../../appliance/config/load.ts';

const FOLDER = fileURLToPath(new URL('../../../provisioning/boot/', import.meta.url));

class Stock {
  readonly folder: string;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'weir-stock-'));
    t.after(() => rmSync(this.folder, { recursive: true }));
    for (const name of ['boot', 'bin', 'units']) mkdirSync(join(this.folder, name));
    this.program('apt-get', 0);
    this.program('dpkg', 0);
  }

  /** Notes its words and ends with `code`. */
  program(name: string, code: number): void {
    const path = join(this.folder, 'bin', name);
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" | tee -a ${join(this.folder, 'calls')}\nexit ${code}\n`);
    chmodSync(path, 0o755);
  }

  put(name: string, text = ''): void {
    const path = join(this.folder, 'boot', name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }

  run(script: string): number | null {
    const env = {
      PATH: `${join(this.folder, 'bin')}:${process.env['PATH']}`,
      WEIR_BOOT: join(this.folder, 'boot'),
      WEIR_LOG: join(this.folder, 'log'),
      WEIR_UNITS: join(this.folder, 'units'),
      WEIR_TRIES: '1',
    };
    return spawnSync('sh', [join(FOLDER, script)], { env }).status;
  }

  read(path: string): string {
    const full = join(this.folder, path);
    return existsSync(full) ? readFileSync(full, 'utf8') : '';
  }
}

const noSchema = spawnSync('cloud-init', ['--version']).error === undefined ? false : 'cloud-init is not installed';

test('cloud-init takes the user-data', { skip: noSchema }, () => {
  const answer = spawnSync('cloud-init', ['schema', '--config-file', join(FOLDER, 'user-data')], { encoding: 'utf8' });
  assert.equal(answer.status, 0, answer.stdout + answer.stderr);
});

test('the network is that of the cable only: the radio belongs to Weir', () => {
  const { network } = parse(readFileSync(join(FOLDER, 'network-config'), 'utf8')) as {
    network: Record<string, object>;
  };
  assert.deepEqual(Object.keys(network), ['version', 'ethernets']);
  assert.deepEqual(Object.keys(network['ethernets'] ?? {}), ['eth0']);
});

test('the settings to fill in lack nothing but the country', () => {
  const mistakes = mistakesIn(join(FOLDER, 'weir.yaml')).map(({ message }) => message);
  assert.equal(mistakes.length, 1);
  assert.match(mistakes[0] ?? '', /^ap\.country: is needed/);
});

test('without a package on the card the card says so', (t) => {
  const stock = new Stock(t);
  assert.equal(stock.run('weir-install.sh'), 1);
  assert.match(stock.read('boot/weir-status.txt'), /NOT installed\.\nThere is no weir_\*_arm64\.deb/);
});

test('with packages next to it, it is installed without a network', (t) => {
  const stock = new Stock(t);
  stock.put('weir_0.1.0_arm64.deb');
  stock.put('weir-packages/nodejs_20_arm64.deb');
  assert.equal(stock.run('weir-install.sh'), 0);
  assert.match(stock.read('calls'), /^dpkg --install \S+nodejs_20_arm64\.deb \S+weir_0\.1\.0_arm64\.deb\n$/);
});

test('otherwise apt fetches what it depends on, and the newest of several packages is taken', (t) => {
  const stock = new Stock(t);
  stock.put('weir_0.9.0_arm64.deb');
  stock.put('weir_0.10.0_arm64.deb');
  assert.equal(stock.run('weir-install.sh'), 0);
  assert.match(stock.read('calls'), /^apt-get update\napt-get install .*weir_0\.10\.0_arm64\.deb chrony\n$/);
});

test('no Internet, or packages that do not fit, are on the card with what to do', (t) => {
  const stock = new Stock(t);
  stock.put('weir_0.1.0_arm64.deb');
  stock.program('apt-get', 100);
  assert.equal(stock.run('weir-install.sh'), 1);
  assert.match(stock.read('boot/weir-status.txt'), /could not be reached.*Connect the cable[\s\S]*apt-get update/);
  stock.put('weir-packages/nodejs_20_arm64.deb');
  stock.program('dpkg', 1);
  assert.equal(stock.run('weir-install.sh'), 1);
  assert.match(stock.read('boot/weir-status.txt'), /do not fit together/);
});

test('firstrun leaves a unit that installs at the next start, and takes its own words back', (t) => {
  const stock = new Stock(t);
  const words =
    'systemd.run=/boot/firmware/firstrun.sh systemd.run_success_action=reboot systemd.unit=kernel-command-line.target';
  stock.put('cmdline.txt', `console=tty1 root=PARTUUID=1 rootwait ${words}\n`);
  assert.equal(stock.run('firstrun.sh'), 0);
  assert.equal(stock.read('boot/cmdline.txt'), 'console=tty1 root=PARTUUID=1 rootwait\n');
  assert.match(
    stock.read('units/multi-user.target.wants/weir-install.service'),
    /ExecStart=\/bin\/sh \S+weir-install\.sh/,
  );
});
