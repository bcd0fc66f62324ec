// The life of the package on a clean Debian 13: installed, run under its units' limits, upgraded, removed, purged. The tests are
// in the order of that life; each goes on where the one before stopped. `make test-deb` runs them.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  builtPackage,
  evidence,
  expectedAnalysis,
  leftovers,
  OLD_VERSION,
  olderPackage,
  PROVISIONED,
  provisioned,
  REPLACED,
  TREE,
  writeCapture,
} from './fixture.ts';
import { type LimitedProcess, placeTools, startLimited } from './limited.ts';
import { openRoot, type Root, withoutRoot } from './root.ts';

const ARCHITECTURE = 'amd64';
const file = builtPackage(ARCHITECTURE);
const skip = file === undefined ? 'there is no package in dist/deb: make deb' : withoutRoot(ARCHITECTURE);
const NAMESPACE = `weir-deb-${process.pid}`;
const DEVICE = `${NAMESPACE}-dev`;
const DATAGRAMS = 200;

const work = mkdtempSync(join(tmpdir(), 'weir-package-'));
let root: Root;

before(() => {
  if (skip !== false || file === undefined) return;
  root = openRoot(ARCHITECTURE);
  copyFileSync(file, root.path('srv/weir.deb'));
  copyFileSync(olderPackage(file, work), root.path('srv/weir-old.deb'));
  copyFileSync(join(TREE, 'provisioning/install.sh'), root.path('srv/install.sh'));
});

after(() => {
  for (const name of [NAMESPACE, DEVICE]) spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
  if (skip === false) root.remove();
  rmSync(work, { recursive: true });
});

const version = (): string => root.do("dpkg-query -W -f '${Version}' weir");
const settings = (): string => root.path('etc/weir/weir.yaml');

test('apt installs it with all that it depends on, and starts nothing where no systemd runs', { skip }, () => {
  const said = root.do('apt-get update -qq && apt-get install -y -qq --no-install-recommends /srv/weir-old.deb 2>&1');
  assert.equal(version(), OLD_VERSION);
  assert.doesNotMatch(said, /weir[^\n]*(error|fail|not found)/i);
  assert.equal(existsSync(root.path('run/weir')), false);
});

test('the installed program answers, and its files are the package’s', { skip }, () => {
  assert.match(root.do('weir --version'), /^\d+\.\d+\.\d+/);
  assert.equal(root.do('dpkg -V weir'), '');
  assert.match(root.do('zcat /usr/share/man/man1/weir.1.gz'), /\.SH ANALYZE/);
});

test('its units are enabled, and those that it replaces are masked', { skip }, () => {
  const wanted = readdirSync(root.path('etc/systemd/system/multi-user.target.wants'));
  assert.ok(wanted.includes('weir-capture.service') && wanted.includes('weir.service'), wanted.join(' '));
  for (const unit of REPLACED) assert.equal(root.do(`readlink /etc/systemd/system/${unit}`).trim(), '/dev/null');
  assert.equal(root.do('systemd-analyze verify --man=no /usr/lib/systemd/system/weir*.service 2>&1 || true'), '');
});

test('weir analyze prints what the source tree prints, byte for byte', { skip }, () => {
  writeCapture(root.path('srv/home.pcap'));
  const said = root.do('cd /srv && weir --version && weir analyze --format json home.pcap');
  const [first = '', ...rest] = said.split('\n');
  assert.equal(rest.join('\n'), expectedAnalysis(root.path('srv'), 'home.pcap', first));
});

test('weir doctor looks at the machine and answers in JSON', { skip }, () => {
  const { status, out, err } = root.ask('weir doctor --json');
  // 0 healthy, 1 warnings, 2 failures: this root has no bridge and no running service.
  assert.ok([0, 1, 2].includes(status), err);
  assert.equal((JSON.parse(out) as { schema: string }).schema, 'weir.doctor/1');
});

/** A device's end and the appliance's, in namespaces of their own; the latter has the bridge's name. */
function makeNetwork(): void {
  const lines = [
    `ip netns add ${NAMESPACE} && ip netns add ${DEVICE}`,
    `ip -n ${NAMESPACE} link add br-weir type veth peer name eth0 netns ${DEVICE}`,
    `ip -n ${NAMESPACE} link set lo up && ip -n ${NAMESPACE} link set br-weir up`,
    `ip -n ${NAMESPACE} address add 10.77.0.1/24 dev br-weir`,
    `ip -n ${DEVICE} link set eth0 up && ip -n ${DEVICE} address add 10.77.0.9/24 dev eth0`,
  ];
  execFileSync('sh', ['-c', lines.join(' && ')]);
}

function sendDatagrams(): void {
  const program = `const s = require('dgram').createSocket('udp4'); let n = 0;
    const next = () => (n++ < ${DATAGRAMS} ? s.send(Buffer.alloc(100, n), 9, '10.77.0.1', next) : s.close()); next();`;
  execFileSync('ip', ['netns', 'exec', DEVICE, process.execPath, '-e', program]);
}

async function until(what: string, seconds: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await sleep(200);
  }
}

const isReady = (one: LimitedProcess) => () => one.notices().includes('READY=1');

/** The page, from inside the appliance's namespace. */
function page(): { status: number; text: string } {
  const program = `fetch('http://127.0.0.1:8080/').then(async (r) => console.log(r.status + ' ' + (await r.text())))`;
  const words = ['netns', 'exec', NAMESPACE, process.execPath, '-e', program];
  const said = spawnSync('ip', words, { encoding: 'utf8' }).stdout;
  return { status: Number(said.slice(0, 3)), text: said.slice(4) };
}

test('under the limits of its units it records every datagram, and the page answers', { skip }, async (t) => {
  const without = spawnSync('gcc', ['-include', 'seccomp.h', '-fsyntax-only', '-xc', '/dev/null']).status !== 0;
  if (without) return t.skip('libseccomp-dev or gcc is not installed');
  makeNetwork();
  placeTools(root.folder);
  writeFileSync(settings(), 'capture:\n  canary_seconds: 1\n', { flag: 'a' });
  const sets = root.do('systemd-analyze syscall-filter --no-pager');
  const capture = await startLimited(root.folder, NAMESPACE, 'weir-capture.service', sets);
  await until(`capture\n${capture.output()}`, 60, isReady(capture));
  const appliance = await startLimited(root.folder, NAMESPACE, 'weir.service', sets);
  await until(`the appliance\n${appliance.output()}`, 90, isReady(appliance));
  sendDatagrams();
  await until('a self-test frame to come through', 30, () => captureStatus().canary.seen > 0);
  await t.test('the page answers', () => {
    const { status, text } = page();
    assert.equal(status, 200);
    assert.match(text, /<title>/);
  });
  await t.test('the supervisor is ready only when the page is, and no program reports for it', () => {
    assert.doesNotMatch(appliance.notices(), /ERRNO|EXIT_STATUS/);
  });
  await t.test('neither comes near its limit of tasks', () => {
    for (const one of [capture, appliance])
      assert.ok(one.tasks() < Number(one.unit.get('TasksMax')) * 0.75, `${one.tasks()}`);
  });
  await t.test('capture links no native module', () => assert.doesNotMatch(capture.maps(), /\.node$/m));
  await t.test('both end by themselves on request', async () => {
    assert.equal(await appliance.stop(), 0, appliance.output());
    assert.match(appliance.output(), /process tree killed|PM2 successfully stopped/);
    // "failed to kill" is how pm2 says "not yet" after a second, which a loaded machine may take.
    assert.doesNotMatch(appliance.output(), /SIGKILL/);
    assert.equal(await capture.stop(), 0, capture.output());
  });
  await t.test('every datagram is stored, in files that only the appliance may read', () => {
    assert.equal(storedDatagrams(), DATAGRAMS);
    assert.equal(root.do('find /var/lib/weir/captures -type f -not -perm 0640 -o -type f -not -group weir'), '');
    assert.equal(root.do('stat -c %U /var/lib/weir /var/lib/weir/captures | sort -u').trim(), 'weir-capture');
  });
  await t.test('the kernel’s boot id is in the books, and they prove themselves', () => {
    const { boot_id } = JSON.parse(readFileSync(root.path('var/lib/weir/boot.json'), 'utf8')) as { boot_id: string };
    assert.match(boot_id, /^[0-9a-f-]{36}$/);
    root.do('weir verify /var/lib/weir');
  });
});

interface CanaryPart {
  readonly canary: { readonly seen: number };
}

function captureStatus(): CanaryPart {
  const program = `const s = require('net').connect('${root.path('var/lib/weir/run/capture.sock')}');
    s.on('data', (d) => { process.stdout.write(d); s.end(); }); s.write('{"verb":"status"}\\n');`;
  const said = execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  const reply = JSON.parse(said) as { data?: CanaryPart } & Partial<CanaryPart>;
  return (reply.data ?? reply) as CanaryPart;
}

function storedDatagrams(): number {
  const count =
    'for f in $(find /var/lib/weir/captures -name "*.pcap" -not -path "*/_*"); do tcpdump -n -r "$f" udp port 9; done';
  return root.do(`${count} 2>/dev/null | wc -l | tr -d ' '`).trim() === ''
    ? 0
    : Number(root.do(`(${count}) 2>/dev/null | wc -l`));
}

test('the appliance runs without pm2 by the drop-in that the package brings', { skip }, async (t) => {
  if (!existsSync(root.path('srv/limits/limit'))) return t.skip('its limits could not be set up, see above');
  const drop = readFileSync(root.path('usr/share/doc/weir/examples/without-pm2.conf'), 'utf8');
  const sets = root.do('systemd-analyze syscall-filter --no-pager');
  const appliance = await startLimited(root.folder, NAMESPACE, 'weir.service', sets, [drop]);
  await until(`the appliance\n${appliance.output()}`, 90, isReady(appliance));
  assert.equal(page().status, 200);
  assert.equal(await appliance.stop(), 0, appliance.output());
});

test('an upgrade keeps settings, identity and evidence, and does nothing twice', { skip }, () => {
  writeFileSync(settings(), '# mine\n', { flag: 'a' });
  writeFileSync(root.path('var/lib/weir/captures/kept'), 'evidence');
  const before = [readFileSync(settings(), 'utf8'), evidence(root).join('\n')];
  for (let round = 0; round < 2; round++) root.do('apt-get install -y -qq --reinstall /srv/weir.deb 2>&1');
  assert.deepEqual([readFileSync(settings(), 'utf8'), evidence(root).join('\n')], before);
  assert.notEqual(version(), OLD_VERSION);
  assert.deepEqual(
    readFileSync(root.path('etc/weir/masked-units'), 'utf8').trim().split('\n').sort(),
    [...REPLACED].sort(),
  );
});

test('the installer checks, uninstalls and installs', { skip }, () => {
  assert.match(root.do('sh /srv/install.sh --check 2>&1 || true'), /ok|warn|fail/i);
  root.do('sh /srv/install.sh --uninstall 2>&1');
  assert.equal(existsSync(root.path('usr/bin/weir')), false);
  for (const unit of REPLACED) assert.equal(existsSync(root.path(`etc/systemd/system/${unit}`)), false);
  assert.ok(existsSync(settings()));
  root.do('sh /srv/install.sh /srv/weir.deb 2>&1');
  assert.match(readFileSync(settings(), 'utf8'), /# mine/);
});

test('a unit that is somebody’s own is not masked', { skip }, () => {
  root.do('sh /srv/install.sh --uninstall 2>&1');
  writeFileSync(root.path('etc/hostapd/hostapd.conf'), 'interface=wlan0\n');
  const said = root.do('dpkg -i /srv/weir.deb 2>&1');
  assert.match(said, /hostapd\.service is configured on this machine and stays as it is/);
  assert.equal(existsSync(root.path('etc/systemd/system/hostapd.service')), false);
  rmSync(root.path('etc/hostapd/hostapd.conf'));
});

test('first boot makes identity, key and claim, each as the one who needs it', { skip }, () => {
  assert.equal(provisioned(root), PROVISIONED);
});

test('a purge leaves exactly the evidence, as root’s', { skip }, () => {
  const kept = evidence(root).map((line) => line.split(' ')[0]);
  const said = root.do('apt-get purge -y -qq weir 2>&1');
  assert.match(said, /captures and scans with their ledger and keys stay in \/var\/lib\/weir/);
  assert.deepEqual(leftovers(root).sort(), ['/var/lib/weir', ...kept.map((path) => `/var/lib/weir/${path}`)].sort());
  assert.deepEqual(root.do('find /var/lib/weir -not -user root').trim(), '');
  assert.equal(root.do('grep -h weir /etc/passwd /etc/group /etc/shadow /etc/gshadow || true'), '');
  for (const unit of REPLACED)
    assert.equal(statSync(root.path(`etc/systemd/system/${unit}`), { throwIfNoEntry: false }), undefined);
});

test('installed again, capture goes on with the evidence that the purge left', { skip }, () => {
  root.do('dpkg -i /srv/weir.deb 2>&1');
  assert.equal(root.do('find /var/lib/weir/captures /var/lib/weir/ledger.ndjson -not -user weir-capture').trim(), '');
  root.do('weir verify /var/lib/weir');
});

test('lintian finds no error', {
  skip: skip || (spawnSync('lintian', ['--version']).error && 'lintian is not installed'),
}, () => {
  const { status, stdout } = spawnSync('lintian', ['--fail-on', 'error', file ?? ''], { encoding: 'utf8' });
  assert.equal(
    status,
    0,
    stdout
      .split('\n')
      .filter((line) => line.startsWith('E:'))
      .join('\n'),
  );
});

test('the package says its size', { skip }, (t) => {
  const { size } = statSync(file ?? '');
  t.diagnostic(`${basename(file ?? '')}: ${(size / 1024 / 1024).toFixed(1)} MiB`);
  t.diagnostic(`installed: ${root.do("dpkg-query -W -f '${Installed-Size}' weir")} KiB`);
  assert.ok(size > 0);
});
