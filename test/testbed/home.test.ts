// The testbed home against independent witnesses: tcpdump on the bridge and on the ports, the kernel's counters, /proc.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Home, type HomeDocument, homeUnavailable, type RunningHome, startHome } from './home.ts';
import { SECRETS, type Secret } from './secrets.ts';
import { scramble, unscramble } from './wire/kasa.ts';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const isRoot = process.getuid?.() === 0;
const noHome = homeUnavailable()?.replaceAll('\n', '; ');
/** tcpdump insists on changing its groups, which a user namespace made by one user does not allow. */
const noTcpdump =
  noHome ?? (isRoot ? (existsSync('/usr/bin/tcpdump') ? undefined : 'tcpdump is missing') : 'tcpdump needs root');
const noRoot = noHome ?? (isRoot ? undefined : 'needs root to become somebody else');

const seconds = (count: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * 1000));

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'home-'));
  chmodSync(folder, 0o777);
  return folder;
}

interface Witness {
  readonly file: string;
  /** The frames so far, as `tcpdump -e` prints them. */
  readonly lines: () => string[];
  readonly end: () => Promise<string[]>;
}

/** A tcpdump on the router that writes to a file, and has begun to listen. */
async function witness(home: RunningHome, link: string): Promise<Witness> {
  const file = join(home.dir, `${link}.pcap`);
  const options = ['-Z', 'root', '-i', link, '-n', '--immediate-mode', '-U', '-w', file];
  const child = home.exec('tcpdump', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (child.stderr === null) throw new TypeError('no standard error');
  await once(child.stderr, 'data'); // "listening on"
  const lines = (): string[] => readCapture(file);
  const end = async (): Promise<string[]> => {
    child.kill('SIGINT');
    await once(child, 'exit');
    return lines();
  };
  return { file, lines, end };
}

/** Also of a file that still grows and may end within a record. */
function readCapture(file: string): string[] {
  const { stdout } = spawnSync('tcpdump', ['-e', '-n', '-r', file], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

const addressesOf = (line: string): string[] =>
  [...line.matchAll(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g)].map(([mac]) => mac);

/** Link-layer conversations of two devices of the home, as opposed to those with the router. */
function isLocal(home: RunningHome, line: string): boolean {
  const [from, to] = addressesOf(line);
  const macs = home.devices.map(({ mac }) => mac);
  return from !== undefined && to !== undefined && macs.includes(from) && macs.includes(to);
}

function bridgeFrames(home: RunningHome): number {
  const [program, ...rest] = [...home.document.enter, 'cat', '/proc/self/net/dev'];
  const line = execFileSync(program, rest, { encoding: 'utf8' })
    .split('\n')
    .find((text) => text.includes(home.document.bridge));
  const fields = (line ?? '').trim().split(/\s+/);
  return Number(fields[2]) + Number(fields[10]);
}

/** Processes that live in the network namespace with this identity. */
function dwellers(namespace: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/ns/net`) === namespace;
    } catch {
      return false; // ended meanwhile, or someone else's
    }
  });
}

async function until(condition: () => boolean, limitSeconds: number): Promise<boolean> {
  for (let waited = 0; waited < limitSeconds; waited += 0.1) {
    if (condition()) return true;
    await seconds(0.1);
  }
  return condition();
}

function startCommand(dir: string, ...prefix: readonly string[]): ChildProcess {
  const [program, ...rest] = [...prefix, process.execPath, MAIN, 'up', '--dir', dir];
  return spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function documentIn(dir: string): Promise<HomeDocument> {
  const path = join(dir, 'home.json');
  assert.ok(await until(() => existsSync(path), 30), 'home.json appears');
  return JSON.parse(readFileSync(path, 'utf8')) as HomeDocument;
}

describe('a home', { skip: noTcpdump ?? false }, () => {
  const dir = scratch();
  let home: Home;
  before(async () => {
    home = await startHome({ dir, seed: 7 });
  });
  after(async () => {
    await home.stop();
    rmSync(dir, { recursive: true });
  });

  test('shows every device on the bridge within 20 s, each with the lease of the roster', async () => {
    const bridge = await witness(home, home.document.bridge);
    const missing = (): string[] =>
      home.devices
        .filter(
          ({ mac, ip }) => !bridge.lines().some((line) => addressesOf(line)[0] === mac && line.includes(` ${ip}.`)),
        )
        .map(({ name }) => name);
    await until(() => missing().length === 0, 20);
    assert.deepEqual(missing(), []);
    const leases = readFileSync(join(dir, 'leases'), 'utf8');
    for (const { mac, ip } of home.devices) assert.ok(leases.includes(`${mac} ${ip} `));
    await bridge.end();
  });

  test('carries local traffic over the bridge exactly once, with the addresses of sender and receiver', async () => {
    await home.quiesce();
    const bulb = home.devices.find(({ kind }) => kind === 'bulb');
    const hub = home.devices.find(({ kind }) => kind === 'hub');
    const [bridge, bulbPort, hubPort] = await Promise.all(
      [home.document.bridge, 'p-bulb', 'p-hub'].map((link) => witness(home, link)),
    );
    await home.resume();
    await seconds(6);
    await home.quiesce();
    const [all = [], atBulb = [], atHub = []] = await Promise.all([bridge?.end(), bulbPort?.end(), hubPort?.end()]);
    await home.resume();
    assert.ok(all.filter((line) => isLocal(home, line)).length > 40, 'devices talk to each other');
    for (const [mac = '', port] of [
      [bulb?.mac, atBulb],
      [hub?.mac, atHub],
    ] as const) {
      const own = (lines: readonly string[]) =>
        lines.map((line) => line.slice(16)).filter((line) => addressesOf(line).slice(0, 2).includes(mac));
      assert.ok(own(port).length > 10);
      assert.deepEqual(own(all).toSorted(), own(port).toSorted());
    }
  });

  test('gives away its planted secrets as listed, and the one inside TLS never', async () => {
    const bridge = await witness(home, home.document.bridge);
    await home.intensive(60);
    const seen = (): string[] => secretsIn(readFileSync(bridge.file));
    const planted = SECRETS.filter(({ encoding }) => encoding !== 'tls').map(({ name }) => name);
    await until(() => seen().length === planted.length, 45);
    await home.idle();
    await bridge.end();
    assert.deepEqual(seen(), planted);
  });

  test('is much livelier in the intensive phase, with frames no longer than on a radio link', async () => {
    await home.idle();
    await seconds(1);
    const bridge = await witness(home, home.document.bridge);
    await seconds(7);
    const calm = bridge.lines().length;
    await home.intensive(30);
    await seconds(7);
    const all = await bridge.end();
    await home.idle();
    assert.ok(calm > 20 && all.length - calm > 2 * calm, `${calm} frames, then ${all.length - calm}`);
    assert.equal(Math.max(...all.map((line) => Number(/, length (\d+):/.exec(line)?.[1]))), 1514);
  });

  test('falls silent when quiesced and comes back to life', async () => {
    await home.quiesce();
    const silent = bridgeFrames(home);
    await seconds(4);
    assert.equal(bridgeFrames(home), silent);
    await home.resume();
    assert.ok(await until(() => bridgeFrames(home) > silent + 5, 5));
  });

  test('had no device whose action failed', async () => {
    assert.deepEqual(await home.failures(), []);
  });

  test('runs a program on the router with its streams, exit code and signals', async () => {
    const command = [MAIN, 'exec', '--dir', dir, '--', 'sh', '-c'];
    const echo = execFileSync(process.execPath, [...command, 'cat; ip -br link show br-weir'], {
      input: 'in',
      encoding: 'utf8',
    });
    assert.match(echo, /^inbr-weir/);
    const child = spawn(process.execPath, [...command, 'trap "exit 9" USR1; echo up; while :; do sleep 0.1; done']);
    await once(child.stdout, 'data');
    child.kill('SIGUSR1');
    assert.deepEqual(await once(child, 'exit'), [9, null]);
  });
});

function secretsIn(capture: Buffer): string[] {
  const reply = scrambledReply(capture);
  const isIn = ({ wire, encoding }: Secret): boolean => (encoding === 'xor171' ? reply : capture).includes(wire);
  return SECRETS.filter(isIn).map(({ name }) => name);
}

/** The plug's answer about itself: its scrambled form starts the same each time, as the key runs over the text. */
function scrambledReply(capture: Buffer): string {
  const at = capture.indexOf(scramble('{"system":{"get_sysinfo":{"sw_ver"'));
  return at < 0 ? '' : unscramble(capture.subarray(at, at + 600));
}

describe('homes', { skip: noTcpdump ?? false }, () => {
  test('of one seed run side by side and send the same payloads; of another seed, other devices', async (t) => {
    const dirs = [scratch(), scratch(), scratch()];
    t.after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true })));
    const homes = await Promise.all(dirs.map((dir, index) => startHome({ dir, seed: index === 2 ? 5 : 4 })));
    t.after(() => Promise.all(homes.map((home) => home.stop())));
    const [first, second, other] = homes as [Home, Home, Home];
    const witnesses = await Promise.all([first, second].map((home) => witness(home, home.document.bridge)));
    await Promise.all([first, second].map((home) => home.intensive(30)));
    const uploads = (): string[][] =>
      witnesses.map(({ file }) => readFileSync(file, 'latin1').match(/clip_[0-9a-f]{16}/g) ?? []);
    const isShared = (): boolean => {
      const [clips = [], sameClips = []] = uploads();
      return clips.some((clip) => sameClips.includes(clip));
    };
    assert.ok(await until(isShared, 60), 'an upload of the first is one of the second');
    await Promise.all(witnesses.map(({ end }) => end()));
    assert.deepEqual(first.devices, second.devices);
    assert.notDeepEqual(first.devices, other.devices);
  });
});

describe('the end of a home', { skip: noHome ?? false }, () => {
  test('leaves no process and no namespace after stop', async (t) => {
    const dir = scratch();
    t.after(() => rmSync(dir, { recursive: true }));
    const home = await startHome({ dir });
    const namespace = readlinkSync(home.document.netns);
    assert.ok(dwellers(namespace).length >= 2, 'supervisor and dnsmasq live there');
    await home.stop();
    assert.ok(await until(() => dwellers(namespace).length === 0, 3));
    assert.equal(existsSync(join(dir, 'home.json')), false);
  });

  test('comes with the death of its parent, even by SIGKILL', async (t) => {
    const dir = scratch();
    t.after(() => rmSync(dir, { recursive: true }));
    const parent = startCommand(dir);
    const { netns } = await documentIn(dir);
    const namespace = readlinkSync(netns);
    parent.kill('SIGKILL');
    assert.ok(await until(() => dwellers(namespace).length === 0, 5));
  });

  test('is an orderly exit after SIGTERM', async (t) => {
    const dir = scratch();
    t.after(() => rmSync(dir, { recursive: true }));
    const parent = startCommand(dir);
    await documentIn(dir);
    parent.kill('SIGTERM');
    assert.deepEqual(await once(parent, 'exit'), [0, null]);
  });
});

describe('a home without root', { skip: noRoot ?? false }, () => {
  const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

  test('comes up in user namespaces, or says what is missing', async (t) => {
    const dir = scratch();
    t.after(() => rmSync(dir, { recursive: true }));
    const parent = startCommand(dir, ...asNobody);
    t.after(() => parent.kill('SIGKILL'));
    const refused = await Promise.race([once(parent, 'exit'), documentIn(dir).then(() => undefined)]);
    if (refused?.[0] === 3) return t.skip(`no user namespaces for others than root: ${String(parent.stderr?.read())}`);
    const home = await documentIn(dir);
    const [program, ...rest] = [...asNobody, ...home.enter, 'bridge', 'fdb', 'show', 'br', home.bridge];
    const learned = (): string => execFileSync(program, rest, { encoding: 'utf8' });
    assert.ok(await until(() => home.devices.every(({ mac }) => learned().includes(mac)), 10), 'all devices speak');
  });

  test('is refused with exit code 3 and one line per missing program', async (t) => {
    const dir = scratch();
    t.after(() => rmSync(dir, { recursive: true }));
    const hide = 'for p in ethtool nft; do mount --bind /dev/null "$(command -v $p)"; done; exec "$@"';
    const child = startCommand(dir, 'unshare', '--mount', '--', 'sh', '-c', hide, 'sh');
    let said = '';
    child.stderr?.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 3);
    assert.deepEqual(said.trim().split('\n'), [
      'testbed: missing program: ethtool (apt install ethtool)',
      'testbed: missing program: nft (apt install nftables)',
    ]);
  });

  test('is refused with exit code 3 and the kernel’s reason where namespaces are forbidden', async (t) => {
    const dir = scratch();
    t.after(() => rmSync(dir, { recursive: true }));
    const forbid = 'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"';
    const child = startCommand(dir, 'unshare', '--user', '--map-root-user', '--', 'sh', '-c', forbid, 'sh');
    let said = '';
    child.stderr?.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 3);
    assert.match(
      said,
      /^testbed: missing permission: network namespaces as root: .+\ntestbed: missing permission: user namespaces: .+\n$/,
    );
  });
});
