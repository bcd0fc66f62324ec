import assert from 'node:assert/strict';
import { createPrivateKey, sign } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  checkLine,
  EMPTY_CHAIN,
  formatHead,
  headText,
  parseHead,
} from '../../appliance/capture/ledger/ledger-chain.ts';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { makeBackup } from '../../appliance/provision/backup/make-backup.ts';
import { restoreBackup } from '../../appliance/provision/backup/restore-backup.ts';
import { verifySite, witnessOf } from '../../appliance/pull/verify-archive.ts';
import { temporaryFolder } from '../capture/fixture.ts';
import { pullAll, recordInto, type Served, serve, siteOf } from './recorded.ts';

const FIRST = { hour: 0, count: 60, devices: [1, 2] };
const SECOND = { hour: 1, count: 60, devices: [1, 2] };

interface Home {
  /** Recorded, and never served itself: the index of a served folder is open. */
  readonly master: string;
  readonly archive: string;
  readonly folder: string;
}

async function home(t: TestContext): Promise<Home> {
  const folder = temporaryFolder(t);
  const master = path.join(folder, 'master');
  await recordInto(master, FIRST);
  return { master, archive: path.join(folder, 'archive'), folder };
}

let copies = 0;

function copyOf({ folder }: Home, from: string): string {
  const target = path.join(folder, `copy${++copies}`);
  fs.cpSync(from, target, { recursive: true });
  return target;
}

/** Serves a copy of a data folder. */
async function served(t: TestContext, house: Home, from: string): Promise<Served> {
  return await serve(t, copyOf(house, from));
}

async function refusalOf(archive: string, appliance: Served): Promise<string> {
  const [end] = await pullAll(archive, [appliance]);
  return end?.error?.message ?? `not refused: ${JSON.stringify(end?.pulled)}`;
}

function ledgerOf(folder: string): string {
  return fs.readFileSync(path.join(folder, 'ledger.ndjson'), 'utf8');
}

/** As anyone who holds the key could: the ledger ends at a line, and the head says how much of it was on the card. */
function signedEnd(dataDir: string, lines: number, durable: number): void {
  const texts = ledgerOf(dataDir).split('\n').slice(0, lines);
  const { head } = texts.reduce((chain, line) => checkLine(line, chain).next, EMPTY_CHAIN);
  const key = createPrivateKey(fs.readFileSync(path.join(dataDir, 'key', 'ed25519.pem')));
  const signature = sign(null, Buffer.from(headText({ lines, head, durable })), key).toString('base64');
  fs.writeFileSync(path.join(dataDir, 'ledger.ndjson'), `${texts.join('\n')}\n`);
  fs.writeFileSync(path.join(dataDir, 'ledger.head'), formatHead({ lines, head, durable, signature }));
}

test('a ledger that was set back is refused in words, and the archive keeps its own and names it', async (t) => {
  const house = await home(t);
  const early = copyOf(house, house.master);
  await recordInto(house.master, SECOND);
  await pullAll(house.archive, [await served(t, house, house.master)]);
  const before = ledgerOf(siteOf(house.archive));
  assert.match(
    await refusalOf(house.archive, await served(t, house, early)),
    /ends at line \d+, though line \d+ was on its card.*set back/,
  );
  assert.equal(ledgerOf(siteOf(house.archive)), before);
  assert.ok((await verifySite(siteOf(house.archive))).ok);
  // The folder alone cannot show it; the archive that saw a later head can.
  assert.ok((await verifyFolder(early)).ok);
  const report = await verifyFolder(early, witnessOf(house.archive, early));
  assert.match(report.problems.map(({ detail }) => detail).join(), /the witness saw \d+ lines, \d+ are there/);
});

test('a history that was rewritten under the same key is refused, and the line is named', async (t) => {
  const house = await home(t);
  const lines = ledgerOf(house.master).split('\n').length - 1;
  const other = copyOf(house, house.master);
  await recordInto(house.master, SECOND);
  await pullAll(house.archive, [await served(t, house, house.master)]);
  await recordInto(other, { ...SECOND, count: 200, devices: [3, 4, 5] });
  const before = ledgerOf(siteOf(house.archive));
  assert.match(
    await refusalOf(house.archive, await served(t, house, other)),
    new RegExp(`line ${lines + 1} of its ledger is another one than this archive saw`),
  );
  assert.equal(ledgerOf(siteOf(house.archive)), before);
});

test('a restored twin is refused as a fork, the archive keeps its own; an archive of its own takes it', async (t) => {
  const house = await home(t);
  const { master, folder } = house;
  const config = path.join(folder, 'weir.yaml');
  const target = path.join(folder, 'weir.backup');
  fs.writeFileSync(config, `data: {dir: ${master}}\n`);
  await makeBackup({ config, target, passphrase: undefined, version: '0.0.0', moved: false });
  await pullAll(house.archive, [await served(t, house, master)]);
  const before = ledgerOf(siteOf(house.archive));
  const data = path.join(folder, 'twin');
  const wish = { file: target, passphrase: undefined, config: path.join(folder, 'twin.yaml'), data, version: '0.0.0' };
  await restoreBackup({ ...wish, setAside: false, by: 'test' });
  await recordInto(data, SECOND);
  const twin = await serve(t, data);
  const refusal = await refusalOf(house.archive, twin);
  assert.match(refusal, /the archive keeps what it had/);
  assert.doesNotMatch(refusal, /\n/);
  t.diagnostic(refusal);
  assert.equal(ledgerOf(siteOf(house.archive)), before);
  assert.ok((await verifySite(siteOf(house.archive))).ok);
  const [end] = await pullAll(path.join(folder, 'archive-of-the-twin'), [twin]);
  assert.equal(end?.error, undefined);
});

test('lines that a power cut took are no forgery: the new ones are taken and the old ones kept aside', async (t) => {
  const house = await home(t);
  const lines = ledgerOf(house.master).split('\n').length - 1;
  signedEnd(house.master, lines, lines - 3);
  const full = copyOf(house, house.master);
  await pullAll(house.archive, [await served(t, house, full)]);
  const lost = ledgerOf(house.master).split('\n').slice(-4).join('\n');
  signedEnd(house.master, lines - 3, lines - 3);
  await recordInto(house.master, SECOND);
  const [end] = await pullAll(house.archive, [await served(t, house, house.master)]);
  assert.equal(end?.error, undefined);
  assert.match(end?.pulled?.ledger.remark ?? '', /a power cut took/);
  const site = siteOf(house.archive);
  assert.equal(ledgerOf(site), ledgerOf(house.master));
  assert.equal(fs.readFileSync(path.join(site, `ledger.lost-${lines - 3}.ndjson`), 'utf8'), lost);
});

for (const [what, alter, words] of [
  ['line of the ledger', alterLedger, /line \d+ of the ledger/],
  ['signed head', alterHead, /signature of its evidence key/],
] as const) {
  test(`a tampered ${what} is refused, and nothing of it is taken`, async (t) => {
    const house = await home(t);
    await pullAll(house.archive, [await served(t, house, house.master)]);
    const before = ledgerOf(siteOf(house.archive));
    await recordInto(house.master, SECOND);
    alter(house.master);
    assert.match(await refusalOf(house.archive, await served(t, house, house.master)), words);
    assert.equal(ledgerOf(siteOf(house.archive)), before);
    assert.ok((await verifySite(siteOf(house.archive))).ok);
  });
}

function alterLedger(dataDir: string): void {
  const texts = ledgerOf(dataDir).split('\n');
  const at = texts.length - 5;
  texts[at] = (texts[at] ?? '').replace('"ts":"1', '"ts":"2');
  fs.writeFileSync(path.join(dataDir, 'ledger.ndjson'), texts.join('\n'));
}

function alterHead(dataDir: string): void {
  const file = path.join(dataDir, 'ledger.head');
  const head = parseHead(fs.readFileSync(file, 'utf8'));
  assert.ok(head !== undefined);
  fs.writeFileSync(file, formatHead({ ...head, lines: head.lines - 1 }));
}

test('a capture and a sidecar with another byte are named, the others are taken', async (t) => {
  const house = await home(t);
  const names = fs.readdirSync(path.join(house.master, 'captures'), { recursive: true, encoding: 'utf8' });
  const pcap = names.filter((name) => name.endsWith('.pcap'))[0] ?? '';
  const sidecar = names.filter((name) => name.endsWith('.json'))[1] ?? '';
  for (const name of [pcap, sidecar]) {
    const file = path.join(house.master, 'captures', name);
    const bytes = fs.readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    fs.writeFileSync(file, bytes);
  }
  const [end] = await pullAll(house.archive, [await served(t, house, house.master)]);
  const pcaps = names.filter((name) => name.endsWith('.pcap')).length;
  assert.equal(end?.pulled?.altered.length, 2);
  assert.equal(end?.pulled?.captures, pcaps - 2);
  assert.ok(!fs.existsSync(path.join(siteOf(house.archive), 'captures', pcap)));
  assert.ok((await verifySite(siteOf(house.archive))).ok);
});

test('another machine under a known address gets no token', async (t) => {
  const house = await home(t);
  const appliance = await served(t, house, house.master);
  const asked: string[] = [];
  const [end] = await pullAll(house.archive, [appliance], {
    fingerprint: '0'.repeat(64),
    progress: (_host, step) => asked.push(step),
  });
  assert.match(end?.error?.message ?? '', /shows the public key [0-9a-f]{64}, not 0{64}.*No token was sent/);
  assert.deepEqual(asked, []);
  assert.deepEqual(fs.readdirSync(path.join(house.archive, 'sites')), []);
});

test('an altered file of the archive itself is found by verify', async (t) => {
  const house = await home(t);
  await pullAll(house.archive, [await served(t, house, house.master)]);
  const site = siteOf(house.archive);
  const names = fs.readdirSync(path.join(site, 'captures'), { recursive: true, encoding: 'utf8' });
  const file = path.join(site, 'captures', names.find((name) => name.endsWith('.pcap')) ?? '');
  fs.appendFileSync(file, 'x');
  assert.deepEqual(
    (await verifySite(site)).problems.map(({ kind }) => kind),
    ['altered'],
  );
  // Cut at a line: the heads that were seen know of more.
  const texts = ledgerOf(site).split('\n');
  fs.writeFileSync(path.join(site, 'ledger.ndjson'), `${texts.slice(0, 3).join('\n')}\n`);
  assert.ok((await verifySite(site)).problems.some(({ detail }) => /lines were seen on/.test(detail)));
});
