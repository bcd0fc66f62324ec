// From a finding to the packet that proves it, through page, capture and ledger: a real capture has written the files.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Value } from 'typebox/value';
import type { PacketView } from '../../appliance/model/document/packet.ts';
import { type FindingsResponse, findingsSchema } from '../../appliance/publish/schemas/findings.ts';
import { packetSchema } from '../../appliance/publish/schemas/packets.ts';
import { ascii, connection, type Endpoint, pcapFile } from '../analysis/packets.ts';
import {
  BULB,
  captureFor,
  GATEWAY,
  readLines,
  settingsFor,
  storedSegments,
  temporaryFolder,
} from '../capture/fixture.ts';
import { DataFolder, eventually } from '../store/data-folder.ts';
import { CaptureDouble } from './capture-double.ts';
import { startTestAppliance } from './running.ts';

const DEVICE: Endpoint = { mac: BULB, ip: '192.168.7.2', port: 40_000 };
const SERVER: Endpoint = { mac: GATEWAY, ip: '203.0.113.9', port: 80 };
const REQUEST = 'GET / HTTP/1.1\r\nHost: plug.example\r\nAuthorization: Basic am86aHVudGVyMjI=\r\n\r\n';

/** One log-in in the clear, captured, closed and analysed. */
async function home(t: TestContext) {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const frames = connection(DEVICE, SERVER, [[0, ascii(REQUEST)]]);
  fs.writeFileSync(file, pcapFile(frames.map((bytes, i) => ({ bytes, seconds: 1_795_176_000 + i, nanoseconds: 0 }))));
  const capture = await captureFor(t, settingsFor(dataDir, { file }));
  await capture.ended;
  capture.recorder.cutAll('command');
  await eventually('the segment to be closed', () => readLines(dataDir).some(({ type }) => type === 'segment-closed'));
  const appliance = await startTestAppliance(t, undefined, new DataFolder(dataDir), new CaptureDouble(dataDir));
  const cookie = await appliance.logIn();
  const ask = (where: string, body?: unknown) =>
    appliance.ask(where, { headers: { cookie }, ...(body === undefined ? {} : { method: 'POST', body }) });
  const findings = async () => (await ask('/api/v1/findings')).json as FindingsResponse;
  await eventually('a finding', async () => (await findings()).findings.length > 0);
  const finding = (await findings()).findings.find(({ rule }) => rule.startsWith('CRED'));
  assert.ok(finding !== undefined);
  return { dataDir, ask, findings, finding, at: `/api/v1/findings/${encodeURIComponent(finding.id)}` };
}

test('a finding opens its packet, hidden at first, and a reveal is a line of the ledger', async (t) => {
  const { dataDir, ask, at } = await home(t);
  const hidden = await ask(`${at}/packet`);
  assert.equal(hidden.status, 200, hidden.text);
  assert.ok(Value.Check(packetSchema, hidden.json));
  const first = hidden.json as PacketView;
  assert.deepEqual([first.revealed, first.checked, first.layers.at(-1)?.name], [false, 'same', 'Payload']);
  assert.equal(first.sha256, storedSegments(dataDir)[0]?.sidecar.sha256);
  assert.ok(!hidden.text.includes(Buffer.from('hunter').toString('hex')));
  assert.equal(readLines(dataDir).filter(({ type }) => type === 'reveal').length, 0);

  const shown = (await ask(`${at}/packet/reveal`, {})).json as PacketView;
  assert.ok(Value.Check(packetSchema, shown));
  assert.equal(Buffer.from(shown.message?.bytes ?? '', 'hex').toString('latin1'), REQUEST);
  assert.deepEqual(
    shown.layers.map(({ name }) => name),
    ['Ethernet', 'IPv4', 'TCP', 'HTTP'],
  );
  const [line] = readLines(dataDir).filter((one) => one.type === 'reveal');
  assert.ok(line?.type === 'reveal');
  assert.deepEqual([line.packet, line.sha256, line.by], [first.packet, first.sha256, 'page from 127.0.0.1']);
});

test('the dossier of a device is a file with the hashes of its captures, and no page', async (t) => {
  const { dataDir, ask } = await home(t);
  const { status, headers, text } = await ask(`/api/v1/devices/${BULB}/report`);
  assert.equal(status, 200, text);
  assert.match(String(headers['content-disposition']), /^attachment; filename="weir-50c7bf000001.html"$/);
  assert.match(String(headers['content-security-policy']), /^sandbox/);
  assert.ok(text.includes(storedSegments(dataDir)[0]?.sidecar.sha256 ?? 'none'));
  assert.ok(text.includes('CRED-01') && !text.includes('hunter22') && !text.includes('<script'));
  assert.equal((await ask('/api/v1/devices/020000000099/report')).status, 404);
});

test('of a file that is not the one of the ledger nothing is shown', async (t) => {
  const { dataDir, ask, at } = await home(t);
  const [segment] = storedSegments(dataDir);
  const file = path.join(dataDir, 'captures', segment?.path ?? '');
  const bytes = fs.readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  fs.writeFileSync(file, bytes);
  for (const answer of [await ask(`${at}/packet`), await ask(`${at}/packet/reveal`, {})]) {
    assert.equal(answer.status, 409, answer.text);
    assert.equal((answer.json as { code: string }).code, 'SEGMENT_ALTERED');
  }
  fs.rmSync(file);
  fs.symlinkSync('/etc/hostname', file);
  assert.equal((await ask(`${at}/packet`)).status, 404);
  assert.equal(readLines(dataDir).filter(({ type }) => type === 'reveal').length, 0);
});

test('reveals come to an end, and packets that are not there are reported', async (t) => {
  const { dataDir, ask, at } = await home(t);
  const codes = [];
  for (let i = 0; i < 12; i++) codes.push((await ask(`${at}/packet/reveal`, {})).status);
  assert.deepEqual(codes, [...Array<number>(10).fill(200), 429, 429]);
  assert.equal(readLines(dataDir).filter(({ type }) => type === 'reveal').length, 10);
  const [segment] = storedSegments(dataDir);
  const beyond = await ask(`/api/v1/segments/${segment?.sidecar.seq}/packets/99`);
  assert.deepEqual([beyond.status, (beyond.json as { code: string }).code], [404, 'PACKET_UNKNOWN']);
  assert.equal((await ask('/api/v1/segments/4711/packets/1')).status, 404);
  assert.equal((await ask('/api/v1/findings/none/packet')).status, 404);
});

test('a finding that is known is set aside with a reason, and comes back', async (t) => {
  const { dataDir, ask, findings, finding, at } = await home(t);
  const now = async () => (await findings()).findings.find(({ id }) => id === finding.id)?.set_aside;
  assert.equal((await ask(`${at}/set-aside`, { reason: 'a test account' })).status, 200);
  await eventually('the reason to be reported', async () => (await now())?.reason === 'a test account');
  assert.ok(Value.Check(findingsSchema, await findings()));
  assert.equal(readLines(dataDir).filter(({ type }) => type === 'finding-set-aside').length, 1);
  assert.equal((await ask(`${at}/set-aside`, { reason: '' })).status, 200);
  await eventually('it to be among the others', async () => (await now()) === undefined);
  assert.equal((await ask('/api/v1/findings/none/set-aside', { reason: 'x' })).status, 404);
});
