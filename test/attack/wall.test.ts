// The wall between page and evidence: anyone who broke into the page is user `weir`, and wants capture or root to open a name that he put
// there. Each way was tried before it was closed.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { type TestContext, test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { Installed, isRoot, stop, WITHOUT_ROOT } from './users.ts';

/** What `weir` could put into `run/` while it was the group's, as much at once as there are names. */
const PLANTED: Readonly<Record<string, readonly string[]>> = {
  'links for probe and socket to the ledger, and a folder for a lock': [
    // The next start emptied the ledger.
    'ln -s ../ledger.ndjson run/.writable',
    'ln -s ../ledger.ndjson run/capture.sock',
    'mkdir -p run/capture.lock/full',
    'ln -s ../captures run/appliance',
  ],
  'pipes for probe, lock and the lock file of an export, and a folder for a socket': [
    // The start never ended.
    'mkfifo run/.writable',
    'mkfifo run/capture.lock',
    'mkdir -p run/capture.sock/full',
    // Of a process that always lives: capture's only thread waited in open().
    'mkfifo run/1.lock.json',
    'mkdir -p run/appliance/full',
  ],
  'a link for a lock, to the key, and links where the engine makes its pipes': [
    'ln -s ../key/ed25519.pem run/capture.lock',
    'for i in 0 1 2 3; do ln -s ../ledger.ndjson run/engine-$$-$i.fifo; done',
    'mkdir -p run/.writable/full',
  ],
  'a lock of its own, which everybody may write': ['echo 1 >run/capture.lock', 'chmod 666 run/capture.lock'],
};

for (const [what, scripts] of Object.entries(PLANTED)) {
  test(`planted before the upgrade, ${what}: capture starts, and nothing is lost`, async (t) => {
    const installed = await Installed.make(t);
    const before = fs.readFileSync(installed.path('ledger.ndjson'), 'utf8');
    const key = fs.readFileSync(installed.path('key/ed25519.pem'), 'utf8');
    installed.openRunFolder();
    fs.rmSync(installed.path('run/capture.lock'));
    for (const script of scripts) assert.equal(installed.as('weir', script).status, 0, script);
    await installed.run();
    assert.ok(fs.readFileSync(installed.path('ledger.ndjson'), 'utf8').startsWith(before), 'the ledger goes on');
    assert.equal(fs.readFileSync(installed.path('key/ed25519.pem'), 'utf8'), key);
    assert.deepEqual((await verifyFolder(installed.data)).problems, []);
    const left = fs
      .readdirSync(installed.path('run'))
      .filter((name) => !/^(capture\.lock|appliance|aside-.*)$/.test(name));
    assert.deepEqual(left, [], 'no name that somebody chose is there any more');
    if (isRoot) assert.notEqual(installed.as('weir', 'touch run/x').status, 0, 'the folder is closed now');
  });
}

test('a lock that the page’s user holds since before the upgrade does not keep capture from starting', async (t) => {
  const installed = await Installed.make(t);
  installed.openRunFolder();
  fs.chmodSync(installed.path('run/capture.lock'), 0o640);
  const holder = installed.start('weir', 'flock', ['run/capture.lock', 'sh', '-c', 'echo held; sleep 60']);
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  await installed.run();
});

/** What `weir` may not do any more. */
const REFUSED: readonly string[] = [
  'ln -s ../ledger.ndjson run/.writable',
  'mkfifo run/1.lock.json',
  'mkdir run/capture.sock.d',
  'mv run gone',
  'mv run/capture.lock run/gone',
  'rm -f run/capture.lock',
  'flock --nonblock run/capture.lock true',
  'mv run/appliance run/gone',
  'mv access gone',
  'ln -s /etc/passwd captures/passwd',
  'ln -s /etc/passwd ballast.new',
  'mv ledger.ndjson gone',
  'echo >>ledger.head',
  'ln ledger.ndjson index/ledger.ndjson',
  'cat key/ed25519.pem',
];

test('in the folders as they are now the page’s user can do nothing to a name that capture opens', {
  skip: WITHOUT_ROOT,
}, async (t) => {
  const installed = await Installed.make(t);
  for (const script of REFUSED) assert.notEqual(installed.as('weir', script).status, 0, script);
  assert.equal(installed.as('weir', 'touch run/appliance/x index/x access/x exports/x').status, 0);
  await installed.run();
  assert.deepEqual((await verifyFolder(installed.data)).problems, []);
});

test('who keeps as many connections as there are to capture does not shut root’s commands out', async (t) => {
  const installed = await Installed.make(t);
  const capture = await installed.capture();
  const program = `for (let i = 0; i < 40; i++) require('net').connect('run/capture.sock').on('error', () => {}).resume();
    setTimeout(() => console.log('open'), 500);`;
  const crowd = installed.start('weir', process.execPath, ['-e', program]);
  await new Promise((resolve) => crowd.stdout?.once('data', resolve));
  const { status, problem } = installed.weir('root', 'annotate', 'hello', '--config', installed.config);
  assert.equal(status, 0, problem);
  await stop(capture);
});

test('root’s export writes over nothing, whatever lies in run/', async (t: TestContext) => {
  const installed = await Installed.make(t);
  installed.openRunFolder();
  const links = 'i=$$; while [ $i -lt $(($$ + 400)) ]; do ln -s ../../canary run/$i.lock.json; i=$((i + 1)); done';
  assert.equal(installed.as('weir', links).status, 0);
  const { status, problem } = installed.weir('root', 'export', `${installed.root}/out`, '--config', installed.config);
  assert.equal(status, 0, problem);
  assert.equal(fs.readFileSync(installed.canary, 'utf8'), 'root only');
});

test('root’s export into a folder of the page’s user writes over nothing when a link takes its place', {
  skip: WITHOUT_ROOT,
}, async (t) => {
  const installed = await Installed.make(t);
  fs.mkdirSync(`${installed.root}/elsewhere`, { mode: 0o700 });
  for (const name of ['ledger.head', 'SHA256SUMS'])
    fs.writeFileSync(`${installed.root}/elsewhere/${name}`, 'root only');
  const swap = `for (;;) try {
    require('fs').renameSync('exports/x', 'exports/y' + Math.random());
    require('fs').symlinkSync('${installed.root}/elsewhere', 'exports/x');
    break;
  } catch {}`;
  const swapper = installed.start('weir', process.execPath, ['-e', swap]);
  const swapped = new Promise((resolve) => swapper.once('exit', resolve));
  installed.weir('root', 'export', installed.path('exports/x'), '--config', installed.config);
  await swapped;
  for (const name of fs.readdirSync(`${installed.root}/elsewhere`))
    assert.equal(fs.readFileSync(`${installed.root}/elsewhere/${name}`, 'utf8'), 'root only', name);
});

test('root rebuilds the index with the rights of its owner: a link in it leads nowhere', {
  skip: WITHOUT_ROOT,
}, async (t) => {
  const installed = await Installed.make(t);
  assert.equal(installed.as('weir', 'mkdir index/level && ln -s ../../../canary index/level/LOG').status, 0);
  installed.weir('root', 'rebuild', '--config', installed.config);
  assert.equal(fs.readFileSync(installed.canary, 'utf8'), 'root only');
  assert.equal(installed.as('weir', 'find index -user root').out, '', 'nothing in it is root’s');
});

test('first boot does nothing as root where the page’s folder leads elsewhere', { skip: WITHOUT_ROOT }, async (t) => {
  const installed = await Installed.make(t);
  fs.mkdirSync(`${installed.root}/elsewhere`, { mode: 0o700 });
  assert.equal(installed.as('weir-capture', `mv access gone && ln -s ${installed.root}/elsewhere access`).status, 0);
  const boot = `${installed.root}/boot`;
  fs.mkdirSync(boot);
  installed.weir('root', 'provision', '--boot', boot, '--config', installed.config);
  assert.deepEqual(fs.readdirSync(`${installed.root}/elsewhere`), []);
});
