import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { verifyFolder } from '../../appliance/capture/ledger/verify.ts';
import { type Mac, parseMac } from '../../appliance/model/mac.ts';
import {
  BULB,
  CAMERA,
  captureFor,
  frame,
  GATEWAY,
  pcap,
  readLines,
  record,
  settingsFor,
  sha256,
  storedSegments,
  temporaryFolder,
  until,
} from './fixture.ts';

const HOUR = 1_795_176_000;
const PART = `captures/50-c7-bf-00-00-01/2026/11/20/50-c7-bf-00-00-01_20261120T120000Z_00000007_idle.pcap.part`;

const records = [0, 1, 2].map((i) => record(HOUR, i, frame(i === 1 ? CAMERA : BULB, i === 1 ? BULB : GATEWAY, 80)));

/** A start on a folder with something in it, and a stop before any packet. */
async function startOn(t: TestContext, dataDir: string): Promise<void> {
  const file = path.join(dataDir, 'nothing.pcap');
  fs.writeFileSync(file, pcap([]));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  await capture.ended;
  await capture.stop('test');
}

async function recovered(t: TestContext, bytes: Buffer): Promise<string> {
  const dataDir = temporaryFolder(t);
  fs.mkdirSync(path.dirname(path.join(dataDir, PART)), { recursive: true });
  fs.writeFileSync(path.join(dataDir, PART), bytes);
  await startOn(t, dataDir);
  return dataDir;
}

const whole = pcap(records);
const DAMAGES: readonly (readonly [string, Buffer, number])[] = [
  ['a whole file', whole, 3],
  ['a cut record header', Buffer.concat([whole, Buffer.alloc(9, 1)]), 3],
  ['cut data', whole.subarray(0, whole.length - 1), 2],
  ['a zero tail', Buffer.concat([whole, Buffer.alloc(4096)]), 3],
  ['an impossible length', Buffer.concat([whole, record(HOUR, 4, Buffer.alloc(20)).fill(0x7f, 8, 12)]), 3],
  ['captured longer than original', Buffer.concat([whole, record(HOUR, 4, Buffer.alloc(20, 1), 10)]), 3],
  ['a fraction of a second beyond one', Buffer.concat([whole, record(HOUR, 1_000_000_000, Buffer.alloc(20, 1))]), 3],
];

for (const [name, bytes, packets] of DAMAGES) {
  test(`recovery keeps every whole record of ${name}`, async (t) => {
    const dataDir = await recovered(t, bytes);
    const [segment] = storedSegments(dataDir);
    const keep = pcap(records.slice(0, packets));
    assert.deepEqual(segment?.bytes, keep);
    assert.equal(segment?.sidecar.sha256, sha256(keep));
    assert.equal(segment?.sidecar.recovered?.removed_bytes, bytes.length - keep.length);
  });
}

test('recovery counts the frames of other devices as shared', async (t) => {
  const dataDir = await recovered(t, whole);
  const sidecar = storedSegments(dataDir)[0]?.sidecar;
  assert.deepEqual([sidecar?.shared_packets, sidecar?.shared_bytes], [1, 80]);
});

test('what a dead run left keeps the tags under which it was recorded, whole or begun later', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const devices = [BULB, CAMERA];
  const said = devices.flatMap((mac) =>
    [0, 1].map((hour) => record(HOUR + hour * 3600, hour, frame(mac, GATEWAY, 80))),
  );
  fs.writeFileSync(file, pcap(said.toSorted((a, b) => a.readUInt32LE(0) - b.readUInt32LE(0))));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  const tag = (name: string, device: Mac | null) =>
    capture.recorder.carryOut({ verb: 'tag-start', tag: name, device, by: 'test' });
  await capture.ended;
  await until(() => readLines(dataDir).filter((line) => line.type === 'segment-opened').length >= 2);
  await tag('kettle_on', parseMac(BULB)!);
  await tag('dinner', null);
  await capture.recorder.carryOut({ verb: 'tag-cancel', tag: 'dinner', by: 'test' });
  // An order is answered before its line is written.
  await until(() => readLines(dataDir).some((line) => line.type === 'tag-cancelled'));
  // The folder as a power cut would leave it.
  const crashed = temporaryFolder(t);
  fs.cpSync(dataDir, crashed, { recursive: true, filter: (name) => !name.endsWith('.sock') });
  await capture.stop('test');
  await startOn(t, crashed);
  const tagsIn = (folder: string) =>
    storedSegments(folder).map(({ sidecar }) => `${sidecar.device} ${sidecar.tags.join(' ')}`);
  assert.deepEqual(tagsIn(crashed), tagsIn(dataDir));
  assert.ok(tagsIn(crashed).some((line) => line === `${BULB} dinner kettle_on`));
  assert.ok(storedSegments(crashed).some(({ sidecar }) => sidecar.cut === 'recovered'));
});

for (const [name, bytes] of [
  ['empty', Buffer.alloc(0)],
  ['of zeros', Buffer.alloc(8192)],
  ['without a packet', pcap([])],
  ['with a cut header', whole.subarray(0, 20)],
] as const) {
  test(`an open file ${name} is removed and reported`, async (t) => {
    const dataDir = await recovered(t, Buffer.from(bytes));
    assert.deepEqual(storedSegments(dataDir), []);
    const line = readLines(dataDir).find((l) => l.type === 'recovered');
    assert.equal(line?.type === 'recovered' && line.removed_bytes, bytes.length);
  });
}

test('an open file with an unknown header is kept aside for a person', async (t) => {
  const dataDir = await recovered(t, Buffer.from('nothing that anybody here wrote, but somebody did'));
  assert.ok(fs.existsSync(path.join(dataDir, `${PART}.damaged`)));
});

test('numbers go on after the highest file, also when the ledger never heard of it', async (t) => {
  const dataDir = await recovered(t, whole);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap(records));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  await capture.ended;
  await capture.stop('test');
  const numbers = storedSegments(dataDir).map(({ sidecar }) => sidecar.seq);
  assert.deepEqual(numbers, [7, 8, 9]);
});

test('a torn ledger line is cut off, reported, and the chain goes on', async (t) => {
  const dataDir = temporaryFolder(t);
  await startOn(t, dataDir);
  fs.appendFileSync(path.join(dataDir, 'ledger.ndjson'), '{"n":99,"previous":"abc');
  await startOn(t, dataDir);
  const line = readLines(dataDir).find((l) => l.type === 'recovered');
  assert.equal(line?.type === 'recovered' && line.removed_bytes, 23);
  assert.deepEqual((await verifyFolder(dataDir)).problems, []);
});

/** A closed file as if the power had gone between rename and closing line; answers its sidecar. */
async function unclosed(t: TestContext): Promise<{ dataDir: string; sidecar: string }> {
  const dataDir = await recovered(t, whole);
  const [segment] = storedSegments(dataDir);
  const ledger = path.join(dataDir, 'ledger.ndjson');
  const lines = fs.readFileSync(ledger, 'utf8').split('\n');
  const closed = lines.findIndex((line) => line.includes('"segment-closed"'));
  fs.writeFileSync(ledger, `${lines.slice(0, closed).join('\n')}\n`);
  fs.rmSync(path.join(dataDir, 'ledger.head'));
  return { dataDir, sidecar: path.join(dataDir, 'captures', segment!.path.replace('.pcap', '.json')) };
}

test('a final file whose sidecar is missing gets an honest one', async (t) => {
  const { dataDir, sidecar } = await unclosed(t);
  fs.rmSync(sidecar);
  await startOn(t, dataDir);
  assert.equal(storedSegments(dataDir)[0]?.sidecar.recovered?.reason, 'the sidecar was missing');
  // The file came from nowhere; that stays reported, and nothing else is wrong.
  const { problems } = await verifyFolder(dataDir);
  assert.ok(problems.every(({ kind, detail }) => kind === 'told' && detail.includes('FILE_ADDED')));
});

const UNUSABLE: readonly (readonly [string, (sidecar: string) => void])[] = [
  ['damaged', (sidecar) => fs.truncateSync(sidecar, 100)],
  ['damaged', (sidecar) => fs.writeFileSync(sidecar, '{"schema":"weir.segment/9"}')],
  ['oversized', (sidecar) => fs.appendFileSync(sidecar, ' '.repeat(1024 * 1024))],
  [
    'unreadable (ELOOP)',
    (sidecar) => {
      fs.rmSync(sidecar);
      fs.symlinkSync('nowhere', sidecar);
    },
  ],
];

for (const [fault, spoil] of UNUSABLE) {
  test(`a sidecar that is ${fault} is kept next to the new one, and the ledger says so`, async (t) => {
    const { dataDir, sidecar } = await unclosed(t);
    spoil(sidecar);
    const before = fs.lstatSync(sidecar);
    fs.writeFileSync(`${sidecar}.damaged`, 'kept at an earlier start');
    await startOn(t, dataDir);
    const name = `${path.basename(sidecar)}.damaged-2`;
    const reason = `the sidecar was ${fault}; what had its sidecar's name is kept as ${name}`;
    const lines = readLines(dataDir).flatMap((line) => (line.type === 'recovered' ? [line.reason] : []));
    assert.equal(lines.at(-1), reason);
    assert.equal(storedSegments(dataDir)[0]?.sidecar.recovered?.reason, reason);
    const kept = fs.lstatSync(`${sidecar}.damaged-2`);
    assert.deepEqual([kept.ino, kept.size, kept.mtimeMs], [before.ino, before.size, before.mtimeMs]);
    assert.equal(fs.readFileSync(`${sidecar}.damaged`, 'utf8'), 'kept at an earlier start');
  });
}

test('a sidecar with a hundred kept next to it is left as it is', async (t) => {
  const { dataDir, sidecar } = await unclosed(t);
  fs.writeFileSync(sidecar, 'no JSON');
  for (let i = 1; i <= 100; i++) fs.writeFileSync(`${sidecar}.damaged${i === 1 ? '' : `-${i}`}`, '');
  await startOn(t, dataDir);
  assert.equal(fs.readFileSync(sidecar, 'utf8'), 'no JSON');
  const said = readLines(dataDir).filter((line) => line.type === 'finding' && line.code === 'RECOVERY_FAILED');
  assert.equal(said.length, 1);
});

test('a missing segment is reported at the next start', async (t) => {
  const dataDir = await recovered(t, whole);
  fs.rmSync(path.join(dataDir, 'captures'), { recursive: true });
  await startOn(t, dataDir);
  const codes = readLines(dataDir).flatMap((line) => (line.type === 'finding' ? [line.code] : []));
  assert.deepEqual(codes, ['FILE_ADDED', 'SEGMENT_MISSING']);
});

test('the boot counter rises with the kernel’s boot id and not with a restart', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'nothing.pcap');
  fs.writeFileSync(file, pcap([]));
  const boots: number[] = [];
  for (const bootId of ['a', 'a', 'b']) {
    const capture = await captureFor(t, settingsFor(dataDir, { file }), { bootId });
    boots.push(capture.status().clock.boot);
    await capture.stop('test');
  }
  assert.deepEqual(boots, [1, 1, 2]);
});

test('the time between two runs is a gap with its reason', async (t) => {
  const dataDir = temporaryFolder(t);
  await startOn(t, dataDir);
  await startOn(t, dataDir);
  const gaps = readLines(dataDir).flatMap((line) => (line.type === 'gap' ? [line.reason] : []));
  assert.deepEqual(gaps, ['capture was stopped']);
});

test('phase and tags survive a restart', async (t) => {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'nothing.pcap');
  fs.writeFileSync(file, pcap([]));
  const first = await captureFor(t, settingsFor(dataDir, { file }));
  await first.recorder.carryOut({ verb: 'phase', phase: 'intensive', interaction: 'voice', by: 'test', note: '' });
  await first.recorder.carryOut({ verb: 'tag-start', tag: 'kettle_on', device: null, by: 'test' });
  await first.stop('test');
  const second = await captureFor(t, settingsFor(dataDir, { file }));
  const { phase, interaction, tags } = second.status();
  await second.stop('test');
  assert.deepEqual([phase, interaction, tags.map((tag) => tag.tag)], ['intensive', 'voice', ['kettle_on']]);
});
