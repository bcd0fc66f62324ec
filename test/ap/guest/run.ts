// Boots a virtual machine with simulated radios and runs scenarios in it: `node dist/test/ap/guest/run.js [SCENARIO…]`.
//
// The guest is a stock Debian kernel (kernel.ts) under QEMU's own emulation (TCG), with this machine's root read-only over 9p
// and a writable layer in memory on top. There is no systemd in it, but for the scanner's units. KVM is never tried by looking for it: on some hosts
// it opens and then hangs; anyone who knows better sets WEIR_GUEST_ACCEL=kvm.
//
// How to add a scenario: write a file in scenarios/ that exports `async function NAME(guest: Guest)`, add it to the table in
// scenario.ts, and to GUESTS below if it is part of `make test-ap`. guest.ts has what a scenario works with:
//   guest.check('sentence', condition, detail)   one plain line: "ok - …" or "not ok - …"; `guest.skip` says why not
//   guest.sh('ip link …')                        runs a shell line, returns { code, out }
//   guest.weir(['ap', 'run'])                    starts dist/appliance/cli/main.js with /etc/weir/weir.yaml
//   Home (home.ts)                               uplink, Internet stub, management LAN as namespaces
//   Radios, Station (radios.ts)                  mac80211_hwsim, stations in namespaces of their own
// Named scenarios share one boot, in turn; each cleans up what it started (guest.atEnd). `make test-ap` boots two guests side by
// side, because an emulated machine keeps one core busy. Files written to /mnt/out come out in dist/guest-output/SCENARIO/, where
// SCENARIO is the first of that boot. A scenario that needs a fault in the machine makes it with guest.sh.

import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, type GuestKernel, prepareKernel } from './kernel.ts';

const TREE = fileURLToPath(new URL('../../../..', import.meta.url));
const OUTPUT = join(TREE, 'dist', 'guest-output');
/** What `make test-ap` runs: guests about as long as each other. */
const GUESTS: readonly (readonly string[])[] = [['traffic'], ['modes', 'isolation']];
/** With systemd as PID 1, so in a boot of its own: `make test-scanner`. */
const SYSTEMD = 'scanner';
/** Against a guest that hangs; a machine shared by eight others took four times as long as an idle one. The boot gets one more. */
const SECONDS_PER_SCENARIO = 420;

/** Program → Debian package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  hostapd: 'hostapd',
  wpa_supplicant: 'wpasupplicant',
  iw: 'iw',
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
  tcpdump: 'tcpdump',
  mosquitto: 'mosquitto',
  mosquitto_pub: 'mosquitto-clients',
  busybox: 'busybox-static',
  modprobe: 'kmod',
  rfkill: 'rfkill',
  script: 'bsdutils',
};
/** What the scanner's boot needs in addition. */
const SCANNER_PROGRAMS: Readonly<Record<string, string>> = { nmap: 'nmap', systemctl: 'systemd' };

function missingPackages(scenarios: readonly string[]): string[] {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
  const programs = scenarios.includes(SYSTEMD) ? { ...PROGRAMS, ...SCANNER_PROGRAMS } : PROGRAMS;
  const missing = Object.entries(programs).filter(
    ([program]) => !folders.some((folder) => isRunnable(join(folder, program))),
  );
  const packages = missing.map(([, name]) => name);
  if (!isReadable('/lib/firmware/regulatory.db')) packages.push('wireless-regdb');
  return packages;
}

function isRunnable(path: string): boolean {
  return isReadable(path, constants.X_OK);
}

function isReadable(path: string, mode: number = constants.R_OK): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function qemuArguments(kernel: GuestKernel, scenarios: readonly string[], output: string): string[] {
  const accelerator = process.env['WEIR_GUEST_ACCEL'] ?? 'tcg,thread=multi,tb-size=512';
  const words = [
    'console=ttyS0 quiet loglevel=3 panic=-1 tsc=reliable',
    `weir.init=${join(TREE, 'test', 'ap', 'guest', 'init.sh')}`,
    `weir.modules=${kernel.modules}`,
    `weir.tree=${resolve(TREE)}`,
    `weir.node=${process.execPath}`,
    `weir.scenarios=${scenarios.join(',')}`,
    `weir.systemd=${scenarios.includes(SYSTEMD) ? 1 : 0}`,
  ];
  const options = [
    // Not -M microvm: without HPET or PM timer its clock calibration fails on a busy host and the boot hangs.
    '-nodefaults -no-user-config -M pc -cpu max -smp 1 -m 768 -display none -serial stdio -no-reboot',
    `-accel ${accelerator} -kernel ${kernel.vmlinux} -initrd ${kernel.initrd}`,
    '-object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-pci,rng=rng',
    '-fsdev local,id=root,path=/,readonly=on,multidevs=remap,security_model=none',
    '-device virtio-9p-pci,fsdev=root,mount_tag=hostroot',
    `-fsdev local,id=out,path=${output},security_model=none -device virtio-9p-pci,fsdev=out,mount_tag=out`,
  ];
  return [...options.join(' ').split(' '), '-append', words.join(' ')];
}

interface Verdict {
  passed: number;
  failed: number;
  skipped: number;
  ended: boolean;
}

function sum(verdicts: readonly Verdict[]): Verdict {
  const count = (key: 'passed' | 'failed' | 'skipped') => verdicts.reduce((all, verdict) => all + verdict[key], 0);
  const ended = verdicts.every((verdict) => verdict.ended);
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), ended };
}

function readLine(line: string, verdict: Verdict, seconds: string): void {
  const text = line.replaceAll(/[^\x20-\x7e]/g, '').trim();
  if (text === '') return;
  if (text.startsWith('ok - ')) verdict.passed++;
  if (text.startsWith('not ok - ')) verdict.failed++;
  if (text.startsWith('skip - ')) verdict.skipped++;
  if (text === '# guest ends') verdict.ended = true;
  process.stdout.write(`${seconds.padStart(6)}  ${text}\n`);
}

function boot(kernel: GuestKernel, scenarios: readonly string[]): Promise<Verdict> {
  const verdict: Verdict = { passed: 0, failed: 0, skipped: 0, ended: false };
  const began = performance.now();
  const output = join(OUTPUT, scenarios[0] ?? '');
  mkdirSync(output, { recursive: true });
  const child = spawn('qemu-system-x86_64', qemuArguments(kernel, scenarios, output), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const limit = (scenarios.length + (scenarios.includes(SYSTEMD) ? 2 : 1)) * SECONDS_PER_SCENARIO * 1000;
  const timer = setTimeout(() => child.kill('SIGKILL'), limit);
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  let rest = '';
  child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) readLine(line, verdict, ((performance.now() - began) / 1000).toFixed(1));
  });
  return new Promise((done) => {
    child.on('close', () => {
      clearTimeout(timer);
      process.removeListener('exit', end);
      done(verdict);
    });
  });
}

function skip(reason: string): never {
  process.stdout.write(`weir: SKIPPED, nothing was tested with radios: ${reason}\n`);
  process.exit(0);
}

/** Names of folders go on command lines of QEMU and of the kernel that know no quotes. */
function hasOddName(path: string): boolean {
  return /[\s,]/.test(path);
}

async function main(wanted: readonly string[]): Promise<number> {
  if (process.arch !== 'x64' || process.platform !== 'linux') skip('the guest is for x86-64 Linux');
  const odd = [TREE, cacheFolder()].find(hasOddName);
  if (odd !== undefined) skip(`${odd} has a space or comma in its name`);
  const missing = missingPackages(wanted);
  if (missing.length > 0) skip(`missing packages: apt-get install ${missing.join(' ')}`);
  let kernel: GuestKernel;
  try {
    kernel = prepareKernel((text) => process.stdout.write(`weir: ${text}\n`));
  } catch (thrown) {
    skip(
      `no kernel could be had for ${cacheFolder()}: ${String(thrown instanceof Error ? thrown.message : thrown).split('\n')[0]}`,
    );
  }
  rmSync(OUTPUT, { recursive: true, force: true });
  const guests = wanted.length === 0 ? GUESTS : [wanted];
  const verdict = sum(await Promise.all(guests.map((scenarios) => boot(kernel, scenarios))));
  if (!verdict.ended) process.stdout.write('weir: a guest did not come to its end (time limit, or it died)\n');
  const { passed, failed, skipped } = verdict;
  process.stdout.write(`weir: with radios: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return verdict.ended && failed === 0 && passed > 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
