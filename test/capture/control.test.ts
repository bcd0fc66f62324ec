import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ControlSocket } from '../../appliance/capture/control/control.ts';
import { parseRequest } from '../../appliance/capture/control/request.ts';
import { type EvidenceDisk, type EvidenceFile, nodeDisk } from '../../appliance/capture/storage/disk.ts';
import type { CaptureStatus } from '../../appliance/model/capture-status.ts';
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
} from './fixture.ts';

const HOUR = 1_795_176_000;

interface Answer {
  readonly id: unknown;
  readonly ok: boolean;
  readonly code?: string;
  readonly data?: unknown;
}

/** Sends lines and collects as many answers. */
function ask(socketPath: string, ...lines: readonly string[]): Promise<Answer[]> {
  return new Promise((resolve, reject) => {
    const answers: Answer[] = [];
    let text = '';
    const client = net.connect(socketPath, () => client.write(lines.map((line) => `${line}\n`).join('')));
    client.on('error', reject).setEncoding('utf8');
    client.on('data', (piece) => {
      text += String(piece);
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n')) {
        answers.push(JSON.parse(text.slice(0, at)) as Answer);
        text = text.slice(at + 1);
      }
      if (answers.length === lines.length) client.end(() => resolve(answers));
    });
  });
}

async function running(t: TestContext) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY))]));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  await capture.ended;
  return { dataDir, capture, socket: path.join(dataDir, 'run', 'capture.sock') };
}

test('status reports what was captured, by device, with the books', async (t) => {
  const { socket } = await running(t);
  const [answer] = await ask(socket, '{"id":7,"verb":"status"}');
  const status = answer?.data as CaptureStatus;
  assert.deepEqual([answer?.id, answer?.ok, status.schema], [7, true, 'weir.capture/1']);
  assert.deepEqual(
    status.devices.map((device) => [device.device, device.packets, device.bytes]),
    [[BULB, 1, 60]],
  );
  assert.ok((status.memory_bytes ?? 0) > 1e7, 'what it has in memory, which nobody else may see under its unit');
});

test('a span that has passed is marked and taken back in the ledger; one that is wrong is refused and nothing is written', async (t) => {
  const { dataDir, capture, socket } = await running(t);
  const mark = {
    verb: 'mark',
    kind: 'tag',
    name: 'tea',
    device: BULB,
    from: `${HOUR}.5`,
    to: `${HOUR + 37}`,
    by: 'me',
  };
  const order = (change: object) => JSON.stringify({ ...mark, ...change });
  const [made] = await ask(socket, order({ note: 'late', companions: [BULB], interaction: 'voice' }));
  const line = (made?.data as { line?: number } | undefined)?.line ?? 0;
  const wrong = [
    { to: `${HOUR}.5` },
    { from: `${HOUR + 38}` },
    { from: 'noon' },
    { to: '99999999999' },
    { kind: 'gap' },
    { name: 'a-b' },
    { companions: ['phone'] },
    { companions: Array.from({ length: 17 }, () => BULB) },
    { interaction: 'dance' },
  ];
  const answers = await ask(socket, ...wrong.map(order), JSON.stringify({ verb: 'unmark', line, by: 'me' }));
  assert.deepEqual(
    answers.map(({ ok }) => ok),
    [...wrong.map(() => false), true],
  );
  await capture.stop('test');
  const lines = readLines(dataDir).filter(({ type }) => type === 'window' || type === 'window-removed');
  assert.deepEqual(
    lines.map(
      ({ n: _n, previous: _previous, ts: _ts, boot: _boot, monotonic_ns: _monotonic, ...reported }) => reported,
    ),
    [
      {
        type: 'window',
        kind: 'tag',
        name: 'tea',
        device: BULB,
        from: `${HOUR}.500000000`,
        to: `${HOUR + 37}.000000000`,
        by: 'me',
        interaction: 'voice',
        companions: [BULB],
        note: 'late',
      },
      { type: 'window-removed', line, by: 'me' },
    ],
  );
});

test('a phase, a tag and a rotation are carried out and are in the ledger', async (t) => {
  const { dataDir, capture, socket } = await running(t);
  const answers = await ask(
    socket,
    '{"id":1,"verb":"tag-start","tag":"kettle_on","device":"50-c7-bf-00-00-01","by":"me"}',
    '{"id":2,"verb":"rotate"}',
    '{"id":3,"verb":"phase","phase":"intensive","interaction":"voice","by":"me","note":"first try"}',
    '{"id":4,"verb":"tag-stop","tag":"kettle_on","by":"me"}',
    '{"id":5,"verb":"note","type":"export","by":"me","files":2,"detail":"for the lab"}',
    '{"id":6,"verb":"identify","device":"50c7bf000001","name":"Kettle","vendor":"","category":"appliance","role":"device","model":"K2","by":"me"}',
  );
  assert.ok(answers.every((answer) => answer.ok));
  await capture.stop('test');
  const types = readLines(dataDir).map((line) => line.type);
  for (const type of ['tag-started', 'tag-stopped', 'phase', 'export', 'identity'] as const)
    assert.ok(types.includes(type), type);
  const [segment] = storedSegments(dataDir);
  assert.deepEqual([segment?.sidecar.cut, segment?.sidecar.tags], ['command', ['kettle_on']]);
});

const REFUSED = [
  'not json',
  '[]',
  'null',
  '{"verb":"explode"}',
  '{"verb":"__proto__"}',
  '{"verb":"constructor"}',
  '{"verb":"phase","phase":"party"}',
  '{"verb":"phase","phase":"idle","interaction":"telepathy"}',
  '{"verb":"tag-start","tag":"../../etc/passwd","by":"me"}',
  '{"verb":"tag-start","tag":"ok","device":"not a mac"}',
  '{"verb":"tag-stop","tag":"never_opened"}',
  '{"verb":"note","type":"export","files":1e99,"by":"me","detail":""}',
  '{"verb":"identify","name":"nobody","by":"me"}',
  '{"verb":"pause","by":"me"}',
];

for (const line of REFUSED) {
  test(`the request ${line.slice(0, 60)} is refused and changes nothing`, async (t) => {
    const { dataDir, socket } = await running(t);
    const before = readLines(dataDir).length;
    const [answer] = await ask(socket, line);
    assert.deepEqual([answer?.ok, answer?.code], [false, 'REQUEST_INVALID']);
    assert.equal(readLines(dataDir).length, before);
  });
}

test('text of a request cannot break a line or a terminal', () => {
  const { request } = parseRequest('{"verb":"phase","phase":"idle","by":"a\\nb\\u001b[2J","note":""}');
  assert.equal(request.verb === 'phase' && request.by, 'a\\u{a}b\\u{1b}[2J');
});

test('a line without end is dropped, and the socket serves on', async (t) => {
  const { socket } = await running(t);
  const flood = net.connect(socket);
  flood.on('error', () => undefined);
  await new Promise((resolve) => flood.write('x'.repeat(1_000_000), resolve));
  const [answer] = await ask(socket, '{"id":1,"verb":"status"}');
  flood.destroy();
  assert.equal(answer?.ok, true);
});

test('a socket path that the system would cut is refused with what to do', async () => {
  const socket = new ControlSocket(`/tmp/${'x'.repeat(120)}.sock`, () => null);
  await assert.rejects(socket.start(), { code: 'DATA_UNWRITABLE' });
});

/** A disk on which syncs of the ledger do what the test says, from `on` on. */
function ledgerDisk(sync: () => Promise<void>): { disk: EvidenceDisk; fail: (on: boolean) => void } {
  let isOn = false;
  const open = async (name: string): Promise<EvidenceFile> => {
    const file = await nodeDisk.open(name);
    if (!name.endsWith('ledger.ndjson')) return file;
    return {
      write: (...all) => file.write(...all),
      truncate: (length) => file.truncate(length),
      sync: async () => {
        if (isOn) await sync();
        await file.sync();
      },
      close: () => file.close(),
    };
  };
  return { disk: { ...nodeDisk, open }, fail: (on) => void (isOn = on) };
}

async function onDisk(t: TestContext, disk: EvidenceDisk) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY))]));
  const capture = await captureFor(t, settingsFor(dataDir, { file }), { disk });
  await capture.ended;
  return { dataDir, capture };
}

const TAG = { verb: 'tag-start', tag: 'kettle_on', device: null, by: 'me' } as const;

test('an order is answered when its line is on the card, and not before', async (t) => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let asked = (): void => undefined;
  const syncing = new Promise<void>((resolve) => (asked = resolve));
  const { disk, fail } = ledgerDisk(() => (asked(), gate));
  const { capture, dataDir } = await onDisk(t, disk);
  fail(true);
  let answered = false;
  const order = capture.recorder.carryOut(TAG).then(() => (answered = true));
  await syncing;
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, false);
  fail(false);
  release();
  await order;
  assert.ok(readLines(dataDir).some(({ type }) => type === 'tag-started'));
});

for (const how of ['fails', 'does not answer'] as const) {
  test(`a card that ${how} is said instead, and the line follows`, async (t) => {
    let release = (): void => undefined;
    let asked = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const syncing = new Promise<void>((resolve) => (asked = resolve));
    const { disk, fail } = ledgerDisk(() => {
      asked();
      return how === 'fails' ? Promise.reject(Object.assign(new Error('bad'), { code: 'EIO' })) : gate;
    });
    const { capture, dataDir } = await onDisk(t, disk);
    fail(true);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const refused = assert.rejects(capture.recorder.carryOut(TAG), { code: 'LEDGER_WAITS' });
    await syncing;
    t.mock.timers.tick(60_000);
    await refused;
    t.mock.timers.reset();
    const open = capture.status().tags.map(({ tag }) => tag);
    assert.deepEqual(open, ['kettle_on'], 'it is carried out all the same');
    fail(false);
    release();
    await capture.stop('test');
    assert.ok(readLines(dataDir).some(({ type }) => type === 'tag-started'));
  });
}

test('a pause in which capture is killed is reported as a gap from its beginning on by the next start', async (t) => {
  const dataDir = path.join(temporaryFolder(t), 'data');
  fs.mkdirSync(dataDir);
  const { capture } = await onDiskOf(dataDir, t);
  capture.recorder.parts.ledger.append({ type: 'paused', by: 'me', note: 'visitors' });
  capture.recorder.parts.ledger.append({ type: 'annotation', by: 'me', text: 'still away' });
  await capture.recorder.parts.ledger.sync();
  const since = readLines(dataDir).find(({ type }) => type === 'paused')?.ts ?? '';
  // As kill -9 leaves it.
  const killed = path.join(temporaryFolder(t), 'data');
  fs.cpSync(dataDir, killed, { recursive: true, filter: (name) => path.basename(name) !== 'run' });
  await capture.stop('test');
  const next = await onDiskOf(killed, t);
  await next.capture.stop('test');
  const gap = readLines(killed).find((line) => line.type === 'gap');
  assert.equal(gap?.type === 'gap' && gap.reason, 'capture ended without a stop (paused by me: visitors)');
  assert.ok(gap?.type === 'gap' && Number(gap.from) <= Number(since));
});

async function onDiskOf(dataDir: string, t: TestContext) {
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY))]));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  await capture.ended;
  return { capture };
}
