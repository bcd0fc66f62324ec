import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { parseDevice } from '../../appliance/model/mac.ts';
import type { BackupContent } from '../../appliance/provision/backup/backup-format.ts';
import { makeBackup } from '../../appliance/provision/backup/make-backup.ts';
import { moveAway } from '../../appliance/provision/backup/move-away.ts';
import { restoreBackup } from '../../appliance/provision/backup/restore-backup.ts';
import {
  BULB,
  captureFor,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  settingsFor,
  storedSegments,
  temporaryFolder,
} from '../capture/fixture.ts';

const HOUR = 1_795_176_000;
const WEIR = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const TOKENS = '{"schema":"weir.access/1","password":{"hash":"scrypt"},"tokens":[{"hash":"0f"}]}\n';

/** An appliance that recorded something, was reported what a device is, has a page and a Wi-Fi; stopped. */
async function recorded(t: TestContext) {
  const folder = temporaryFolder(t);
  const data = path.join(folder, 'data');
  const etc = path.join(folder, 'etc');
  for (const name of [data, etc, path.join(etc, 'rules'), path.join(data, 'access')]) fs.mkdirSync(name);
  const config = path.join(etc, 'weir.yaml');
  const passphrase = path.join(etc, 'ap.passphrase');
  const settings = [
    '# the lab of the second floor',
    `data: {dir: ${data}}`,
    `ap: {passphrase_file: ${passphrase}}`,
    `analysis: {rules_dir: ${path.join(etc, 'rules')}}`,
    `mqtt: {password_file: ${path.join(folder, 'elsewhere')}}`,
    '',
  ];
  fs.writeFileSync(config, settings.join('\n'));
  fs.writeFileSync(passphrase, 'correct horse battery\n', { mode: 0o600 });
  fs.writeFileSync(path.join(etc, 'rules', 'own.yaml'), 'rules: []\n');
  fs.writeFileSync(path.join(folder, 'elsewhere'), 'secret\n');
  fs.writeFileSync(path.join(data, 'access', 'access.json'), TOKENS, { mode: 0o600 });
  await recordInto(t, data);
  return { folder, data, etc, config, target: path.join(folder, 'weir.backup') };
}

async function recordInto(t: TestContext, data: string): Promise<void> {
  const file = path.join(data, '..', 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY)), record(HOUR, 2, frame(BULB, GATEWAY))]));
  const capture = await captureFor(t, settingsFor(data, { file }));
  const said = { name: 'bulb of the hall', vendor: 'Acme', category: 'light', role: 'device' as const };
  await capture.recorder.carryOut({ verb: 'identify', device: parseDevice(BULB)!, ...said, by: 'ana' });
  await capture.ended;
  await capture.stop('test');
}

type Made = Awaited<ReturnType<typeof recorded>>;

const wish = ({ config, target }: Made, passphrase?: string) => ({
  config,
  target,
  passphrase,
  version: '0.0.0',
  moved: false,
});

const restoreWish = (file: string, root: string, changes: object = {}) => ({
  file,
  passphrase: undefined,
  config: path.join(root, 'etc', 'weir.yaml'),
  data: path.join(root, 'data'),
  setAside: false,
  version: '0.0.0',
  by: 'test',
  ...changes,
});

async function refusal(doing: Promise<unknown>): Promise<WeirError> {
  const thrown = await doing.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof WeirError, String(thrown));
  assert.doesNotMatch(thrown.message, /\n/);
  return thrown;
}

test('a backup comes back as the same appliance: key, settings, registry, tokens, and a ledger that says it was restored', async (t) => {
  const made = await recorded(t);
  const { content, left } = await makeBackup(wish(made));
  assert.equal(fs.statSync(made.target).mode & 0o777, 0o600);
  assert.equal(left.length, 1, 'the password file lies elsewhere');
  const root = temporaryFolder(t);
  const done = await restoreBackup(restoreWish(made.target, root));
  const data = path.join(root, 'data');
  const same = (name: string, mode: number): void => {
    assert.equal(fs.readFileSync(path.join(data, name), 'utf8'), fs.readFileSync(path.join(made.data, name), 'utf8'));
    assert.equal(fs.statSync(path.join(data, name)).mode & 0o777, mode, name);
  };
  same('key/ed25519.pem', 0o600);
  same('appliance.json', 0o640);
  same('access/access.json', 0o600);
  assert.equal(done.dataDir, data);
  assert.match(fs.readFileSync(path.join(root, 'etc', 'weir.yaml'), 'utf8'), /^# the lab of the second floor/);
  assert.equal(fs.readFileSync(path.join(root, 'etc', 'rules', 'own.yaml'), 'utf8'), 'rules: []\n');
  assert.equal(fs.statSync(path.join(root, 'etc', 'ap.passphrase')).mode & 0o777, 0o600);
  await recordInto(t, data);
  const [first, second] = readLines(data);
  assert.equal(first?.type, 'restored');
  assert.deepEqual(first?.type === 'restored' && first.before, content.ledger);
  assert.ok(second?.type === 'identity' && second.name === 'bulb of the hall' && second.by === 'ana');
  const start = readLines(data).find(({ type }) => type === 'start');
  assert.ok(Number(start?.boot) > 1000, 'a boot epoch of its own');
  const [segment] = storedSegments(data);
  assert.ok(Number(segment?.sidecar.seq) > content.ledger.seq, 'numbers of segments go on');
  const report = await verifyFolder(data, { key: content.key });
  assert.deepEqual(report.problems, []);
  assert.match(report.warnings.map(({ detail }) => detail).join(), /restored from a backup of .* two histories/);
  // A head of the machine of before contradicts this history: the twin cannot pass for it.
  const witness = { lines: content.ledger.lines, head: content.ledger.head };
  assert.equal((await verifyFolder(data, { head: witness })).ok, false);
});

test('an encrypted backup shows nothing, opens by its passphrase, and refuses another in words', async (t) => {
  const made = await recorded(t);
  await makeBackup(wish(made, 'a long passphrase'));
  const text = fs.readFileSync(made.target, 'utf8');
  const { content } = JSON.parse(text) as { content: string };
  assert.doesNotMatch(Buffer.from(content, 'base64').toString('latin1'), /PRIVATE KEY|bulb/);
  const root = temporaryFolder(t);
  for (const [passphrase, words] of [
    [undefined, /encrypted.*--passphrase-file/],
    ['a wrong passphrase', /passphrase is another one/],
  ] as const) {
    const { code, message } = await refusal(restoreBackup(restoreWish(made.target, root, { passphrase })));
    assert.equal(code, 'BACKUP_INVALID');
    assert.match(message, words);
  }
  assert.deepEqual(fs.readdirSync(root), []);
  await restoreBackup(restoreWish(made.target, root, { passphrase: 'a long passphrase' }));
  assert.ok(fs.existsSync(path.join(root, 'data', 'key', 'ed25519.pem')));
});

/** A backup with other contents, whole and with the right hash: what a hostile one is. */
function forged(content: unknown, schema = 'weir.backup/1'): string {
  const packed = typeof content === 'string' ? gzipSync(content) : gzipSync(JSON.stringify(content));
  const sha256 = createHash('sha256').update(packed).digest('hex');
  return JSON.stringify({ schema, encrypted: false, content: packed.toString('base64'), sha256 });
}

test('cut, altered, newer and hostile backups are refused in one line, and nothing is written', async (t) => {
  const made = await recorded(t);
  const { content } = await makeBackup(wish(made));
  const text = fs.readFileSync(made.target, 'utf8');
  const withFile = (name: string): BackupContent => ({ ...content, files: [...content.files, { name, text: 'x' }] });
  const without = (name: string) => ({ ...content, files: content.files.filter((file) => file.name !== name) });
  const cases: [string, string, RegExp][] = [
    ['nothing', '', /no backup of Weir/],
    ['another file', '\u007fELF', /no backup of Weir/],
    ['a newer format', forged(content, 'weir.backup/2'), /weir\.backup\/2.*newer Weir/],
    ['an altered one', text.replace(/"content":"(.{40})./, '"content":"$1_'), /altered or cut/],
    ['a bomb', forged(' '.repeat(40 * 1024 * 1024)), /longer than/],
    ['no key', forged(without('data/key/ed25519.pem')), /the key in it is none/],
    [
      'no settings of this version',
      forged({
        ...content,
        files: content.files.map((file) =>
          file.name === 'settings/weir.yaml' ? { ...file, text: 'novel: {a: 1}\n' } : file,
        ),
      }),
      /settings, line 1/,
    ],
    ['another key', forged({ ...content, key: '0'.repeat(64) }), /not the one that it names/],
    ['a double', forged({ ...content, files: [...content.files, ...content.files] }), /which no backup has/],
    ['no list', forged({ ...content, files: null }), /files/],
    ['a registry of objects', forged({ ...content, registry: [{ device: {} }] }), /registry/],
    ['no ledger', forged({ ...content, ledger: null }), /does not say/],
  ];
  for (const name of [
    '../evil',
    'data/../evil',
    'settings/../../evil',
    '/etc/passwd',
    'data/key/../../x',
    'settings/actions/run',
    'settings/a/b/c',
    'settings/.hidden',
    'data/ledger.ndjson',
    'settings/a\0b',
  ])
    cases.push([name, forged(withFile(name)), /which no backup has/]);
  for (const share of [0.1, 0.5, 0.9, 0.999])
    cases.push([`cut at ${share}`, text.slice(0, text.length * share), /cut/]);
  const root = temporaryFolder(t);
  const file = path.join(made.folder, 'hostile');
  for (const [name, bytes, words] of cases) {
    fs.writeFileSync(file, bytes);
    const { code, message } = await refusal(restoreBackup(restoreWish(file, root)));
    assert.equal(code, 'BACKUP_INVALID', name);
    assert.match(message, words, name);
    assert.match(message, /nothing was restored/, name);
  }
  fs.rmSync(file);
  fs.symlinkSync(made.target, file);
  assert.equal((await refusal(restoreBackup(restoreWish(file, root)))).code, 'BACKUP_INVALID', 'a link');
  assert.deepEqual(fs.readdirSync(root), []);
});

test('an appliance that is there is never overwritten: refused, or set aside whole', async (t) => {
  const made = await recorded(t);
  await makeBackup(wish(made));
  const other = await recorded(t);
  const ledger = fs.readFileSync(path.join(other.data, 'ledger.ndjson'), 'utf8');
  const into = { config: other.config, data: other.data };
  const { code, message } = await refusal(restoreBackup(restoreWish(made.target, other.folder, into)));
  assert.equal(code, 'TARGET_OCCUPIED');
  assert.match(message, /holds an appliance already.*--set-aside/);
  assert.equal(fs.readFileSync(path.join(other.data, 'ledger.ndjson'), 'utf8'), ledger);
  const { aside, keptSettings } = await restoreBackup(
    restoreWish(made.target, other.folder, { ...into, setAside: true }),
  );
  assert.ok(aside !== null && keptSettings !== null);
  assert.equal(fs.readFileSync(path.join(aside, 'ledger.ndjson'), 'utf8'), ledger);
  assert.ok((await verifyFolder(aside)).ok, 'what was set aside still verifies');
  assert.ok((await verifyFolder(other.data)).ok);
});

test('a move takes the key along: here nothing can be signed any more, there it goes on', async (t) => {
  const made = await recorded(t);
  const { content } = await moveAway({ ...wish(made), moved: true }, 'ana');
  assert.ok(!fs.existsSync(path.join(made.data, 'key', 'ed25519.pem')));
  const here = await verifyFolder(made.data);
  assert.deepEqual(here.problems, []);
  assert.match(here.warnings.map(({ detail }) => detail).join(), /moved to another machine/);
  const again = await refusal(captureFor(t, settingsFor(made.data, { file: path.join(made.folder, 'in.pcap') })));
  assert.match(again.message, /moved to another machine/);
  assert.equal(
    (await refusal(moveAway({ ...wish(made), target: `${made.target}.2`, moved: true }, 'ana'))).code,
    'FILE_UNREADABLE',
  );
  const root = temporaryFolder(t);
  await restoreBackup(restoreWish(made.target, root));
  const there = await verifyFolder(path.join(root, 'data'), { key: content.key });
  assert.deepEqual(there.problems, []);
  assert.match(there.warnings.map(({ detail }) => detail).join(), /gave its key away/);
});

test('the verbs say in words and in JSON what they did', async (t) => {
  const made = await recorded(t);
  const run = (...words: string[]) => spawnSync(process.execPath, [WEIR, ...words], { encoding: 'utf8' });
  const back = run('backup', made.target, '-c', made.config);
  assert.equal(back.status, 0, back.stderr);
  assert.match(back.stdout, /private key IN THE CLEAR/);
  assert.match(back.stderr, /ledger does not know of this backup/, 'no capture runs');
  const twice = run('backup', made.target, '-c', made.config);
  assert.equal(twice.status, 1);
  assert.match(twice.stderr, /^weir: .*exists already.* \[DATA_UNWRITABLE\]\n$/);
  const root = temporaryFolder(t);
  const words = [
    'restore',
    made.target,
    '-c',
    path.join(root, 'weir.yaml'),
    '--data',
    path.join(root, 'data'),
    '--json',
  ];
  const restored = run(...words);
  assert.equal(restored.status, 0, restored.stderr);
  const about = JSON.parse(restored.stdout) as { appliance: string; devices: number };
  assert.match(about.appliance, /^weir-/);
  assert.equal(about.devices, 1);
  const occupied = run(...words);
  assert.equal(occupied.status, 1);
  assert.match(occupied.stderr, /\[TARGET_OCCUPIED\]\n$/);
});
