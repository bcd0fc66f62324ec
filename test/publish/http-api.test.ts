import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { withChanges } from '../../appliance/model/changes.ts';
import type { RevisedDocument } from '../../appliance/publish/http/revised-document.ts';
import { sessionSchema, tokensSchema } from '../../appliance/publish/schemas/access.ts';
import { ledgerSchema, type SegmentsResponse, segmentsSchema } from '../../appliance/publish/schemas/captures.ts';
import {
  type DevicesResponse,
  devicesSchema,
  documentSchema,
  type HoursResponse,
  hourNamesSchema,
  hoursSchema,
} from '../../appliance/publish/schemas/devices.ts';
import type { ServerEvents } from '../../appliance/publish/schemas/events.ts';
import { tagsSchema } from '../../appliance/publish/schemas/experiment.ts';
import { findingsSchema } from '../../appliance/publish/schemas/findings.ts';
import { healthSchema } from '../../appliance/publish/schemas/health.ts';
import { type StatusResponse, statusSchema } from '../../appliance/publish/schemas/status.ts';
import { trafficSchema } from '../../appliance/publish/schemas/traffic.ts';
import { errorSchema } from '../../appliance/publish/schemas/words.ts';
import { DataFolder, device, eventually, GATEWAY, packet, record, START_NS, udpFrame } from '../store/data-folder.ts';
import { type Answer, startTestAppliance, type TestAppliance } from './running.ts';

/** A host name as DHCP option 12 carries it, made to hurt anyone who takes it for more than text. */
const HOSTILE_NAME = '<script>alert(1)</script>';
const ONE = device(1);

interface Home extends TestAppliance {
  readonly cookie: string;
  /** Asks with the session. */
  readonly read: (path: string) => Promise<Answer>;
}

let shared: Promise<Home> | undefined;
const endings: (() => unknown)[] = [];
after(async () => {
  for (const end of endings.reverse()) await end();
});

/** Two devices; one closed segment each, one open; a DHCP request with a hostile name. */
function home(): Promise<Home> {
  shared ??= makeHome({ after: (end: () => unknown) => endings.push(end) } as unknown as TestContext);
  return shared;
}

async function makeHome(t: TestContext): Promise<Home> {
  const folder = DataFolder.make(t);
  for (const owner of [ONE, device(2)]) {
    const segment = folder.open(owner);
    folder.append(segment, record(dhcpRequest(owner), START_NS));
    for (let i = 1; i < 20; i++) folder.append(segment, packet(owner, i));
    folder.close(segment);
  }
  const open = folder.open(ONE, START_NS + 60_000_000_000n, 'intensive');
  folder.append(open, packet(ONE, 0, START_NS + 60_000_000_000n));
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const read = (path: string) => appliance.ask(path, { headers: { cookie } });
  await eventually('21 packets and all rows', async () => {
    const { devices } = (await read('/api/v1/devices')).json as DevicesResponse;
    return devices.reduce((sum, row) => sum + row.packets, 0) === 41;
  });
  return { ...appliance, cookie, read };
}

/** DHCPREQUEST (RFC 2131 §2) with option 12 (RFC 2132 §3.14). */
function dhcpRequest(owner: string): Buffer {
  const bootp = Buffer.alloc(236);
  bootp.set([1, 1, 6, 0], 0);
  Buffer.from(owner.replaceAll(':', ''), 'hex').copy(bootp, 28);
  const name = Buffer.from(HOSTILE_NAME);
  const options = Buffer.concat([Buffer.from([99, 130, 83, 99, 53, 1, 3, 12, name.length]), name, Buffer.from([255])]);
  const payload = Buffer.concat([bootp, options]);
  return udpFrame({
    from: owner,
    to: GATEWAY,
    source: '0.0.0.0',
    destination: '255.255.255.255',
    sourcePort: 68,
    destinationPort: 67,
    payload,
  });
}

const ANSWERS: readonly (readonly [path: string, schema: TSchema])[] = [
  ['/api/v1/status', statusSchema],
  ['/api/v1/session', sessionSchema],
  ['/api/v1/devices', devicesSchema],
  ['/api/v1/devices/b827eb000001', documentSchema],
  ['/api/v1/devices/b827eb000001?phase=intensive', documentSchema],
  ['/api/v1/devices/b827eb000001/hours', hoursSchema],
  ['/api/v1/devices/b827eb000001/names', hourNamesSchema],
  ['/api/v1/summary', documentSchema],
  ['/api/v1/summary?phase=idle', documentSchema],
  ['/api/v1/traffic', trafficSchema],
  ['/api/v1/traffic?device=b827eb000001&seconds=60', trafficSchema],
  ['/api/v1/segments', segmentsSchema],
  ['/api/v1/segments?device=b827eb000001&phase=idle&limit=1', segmentsSchema],
  ['/api/v1/ledger', ledgerSchema],
  ['/api/v1/ledger?after=2&limit=2', ledgerSchema],
  ['/api/v1/tags', tagsSchema],
  ['/api/v1/tokens', tokensSchema],
  ['/api/v1/findings', findingsSchema],
  ['/api/v1/health', healthSchema],
  ['/api/v1/nothing', errorSchema],
];

for (const [path, schema] of ANSWERS) {
  test(`${path} answers as its schema says`, async () => {
    const { read } = await home();
    const answer = await read(path);
    assert.deepEqual([...Value.Errors(schema, answer.json)].slice(0, 3), []);
  });
}

test('a summary of more packets has a higher revision; what it was made with is what its hours name', async () => {
  const { read } = await home();
  const all = (await read('/api/v1/summary')).json as RevisedDocument;
  const idle = (await read('/api/v1/summary?phase=idle')).json as RevisedDocument;
  const one = (await read('/api/v1/devices/b827eb000001')).json as RevisedDocument;
  assert.deepEqual([all.revision, idle.revision, one.revision], [41, 40, 21]);
  const { hours } = (await read('/api/v1/devices/b827eb000001/hours')).json as HoursResponse;
  for (const { made_with } of [all, one]) assert.deepEqual(made_with, hours[0]?.made_with);
  assert.equal(all.made_with.rules, all.tool.rules_sha256);
});

test('the description of the interface names every route that the page uses', async () => {
  const { read } = await home();
  const { paths, openapi } = (await read('/api/v1/openapi.json')).json as { paths: object; openapi: string };
  assert.equal(openapi, '3.1.0');
  for (const path of ['/api/v1/status', '/api/v1/devices/{id}', '/api/v1/segments/{seq}/pcap', '/events'])
    assert.ok(path in paths, path);
});

test('a name that is markup arrives as the text it is', async () => {
  const { read } = await home();
  const answer = await read('/api/v1/devices');
  const { devices } = answer.json as DevicesResponse;
  assert.equal(devices[0]?.name, HOSTILE_NAME);
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
});

test('a device is meant by its MAC in any form, an IP address or its name, in every question and order', async () => {
  const { read, ask, cookie, capture } = await home();
  const packets = async (word: string) =>
    ((await read(`/api/v1/devices/${encodeURIComponent(word)}`)).json as { input?: { packets: number } }).input
      ?.packets;
  for (const word of ['B8:27:EB:00:00:01', 'b8-27-eb-00-00-01', 'b827.eb00.0001', '10.0.0.11'])
    assert.equal(await packets(word), 21, word);
  const { hours, device: id } = (await read('/api/v1/devices/10.0.0.11/hours')).json as HoursResponse;
  assert.deepEqual([hours.length > 0, id], [true, 'b827eb000001']);
  const { total } = (await read('/api/v1/segments?device=B8:27:EB:00:00:01')).json as SegmentsResponse;
  assert.equal(total, 2);
  assert.equal((await read('/api/v1/traffic?device=10.0.0.11')).status, 200);
  assert.equal((await read('/api/v1/findings?device=10.0.0.99')).status, 404);
  const both = await read(`/api/v1/devices/${encodeURIComponent(HOSTILE_NAME)}`);
  assert.equal(both.status, 409);
  assert.match(both.text, /b8:27:eb:00:00:01 .*b8:27:eb:00:00:02/);
  const tag = (device: string, name: string) =>
    ask('/api/v1/tags/start', { method: 'POST', headers: { cookie }, body: { tag: name, device } });
  assert.equal((await tag('10.0.0.11', 'by_ip')).status, 200);
  assert.deepEqual(capture.asked.at(-1), {
    verb: 'tag-start',
    tag: 'by_ip',
    device: device(1),
    by: 'page from 127.0.0.1',
  });
  const before = capture.asked.length;
  assert.equal((await tag('nobody', 'lost')).status, 404, 'and not a tag of all devices');
  assert.equal(capture.asked.length, before);
});

test('phases are distinguished', async () => {
  const { read } = await home();
  const packets = async (query: string) =>
    ((await read(`/api/v1/devices/b827eb000001${query}`)).json as { input: { packets: number } }).input.packets;
  assert.deepEqual(
    [await packets(''), await packets('?phase=idle'), await packets('?phase=intensive'), await packets('?phase=scan')],
    [21, 20, 1, 0],
  );
});

test('segments come newest first, with what the ledger says of them', async () => {
  const { read } = await home();
  const { segments, total } = (await read('/api/v1/segments')).json as SegmentsResponse;
  assert.deepEqual(
    segments.map((row) => [row.seq, row.state, row.packets]),
    [
      [3, 'open', null],
      [2, 'closed', 20],
      [1, 'closed', 20],
    ],
  );
  assert.equal(total, 3);
});

test('a download is the file itself, an attachment, and a line of custody', async () => {
  const { ask, cookie, capture, folder } = await home();
  const { readFileSync } = await import('node:fs');
  const answer = await ask('/api/v1/segments/1/pcap', { headers: { cookie } });
  const path =
    ((await ask('/api/v1/segments?limit=3', { headers: { cookie } })).json as SegmentsResponse).segments.at(-1)?.path ??
    '';
  assert.equal(answer.headers['content-length'], String(readFileSync(folder.file(path)).length));
  assert.equal(answer.headers['content-type'], 'application/vnd.tcpdump.pcap');
  assert.match(
    String(answer.headers['content-disposition']),
    /^attachment; filename="b8-27-eb-00-00-01_20261120T\d{6}Z_00000001_idle\.pcap"$/,
  );
  assert.match(String(answer.headers['content-security-policy']), /sandbox/);
  await eventually('the line of custody', () => Promise.resolve(capture.asked.some(({ verb }) => verb === 'note')));
  const note = capture.asked.find((asked) => asked.verb === 'note');
  assert.ok(note?.verb === 'note' && note.detail.includes('segment 1 ') && note.by.startsWith('page from '));
});

test('a segment that is still written is not downloaded, and it is said what to do', async () => {
  const { read } = await home();
  const answer = await read('/api/v1/segments/3/pcap');
  assert.equal(answer.status, 409);
  assert.match(answer.text, /rotate/);
});

test('setting a phase asks capture, says who asked, and the status follows', async () => {
  const { ask, cookie, capture, read } = await home();
  const body = { phase: 'intensive', interaction: 'voice', note: 'said "lights on"' };
  const answer = await ask('/api/v1/phase', { method: 'POST', headers: { cookie }, body });
  assert.deepEqual(answer.json, { phase: 'intensive', interaction: 'voice' });
  const asked = capture.asked.find((request) => request.verb === 'phase');
  assert.ok(asked?.verb === 'phase' && asked.note === body.note && asked.by === 'page from 127.0.0.1');
  assert.equal(((await read('/api/v1/status')).json as StatusResponse).phase.phase, 'intensive');
});

test('pause, resume and a note go to capture with their author, and to nobody without a log-in', async () => {
  const { ask, cookie, capture } = await home();
  const by = 'page from 127.0.0.1';
  const asked = async (path: string, body: unknown): Promise<unknown> => {
    const answer = await ask(path, { method: 'POST', headers: { cookie }, body });
    assert.deepEqual([answer.status, answer.json], [200, { ok: true }], path);
    return capture.asked.at(-1);
  };
  assert.deepEqual(await asked('/api/v1/capture/pause', { note: 'cabling' }), { verb: 'pause', by, note: 'cabling' });
  assert.deepEqual(await asked('/api/v1/capture/pause', {}), { verb: 'pause', by, note: '' });
  assert.deepEqual(await asked('/api/v1/capture/resume', {}), { verb: 'resume', by });
  assert.deepEqual(await asked('/api/v1/annotate', { text: 'lamp moved' }), {
    verb: 'annotate',
    by,
    text: 'lamp moved',
  });
  const before = capture.asked.length;
  for (const [path, body] of [
    ['capture/pause', { note: 'x'.repeat(201) }],
    ['capture/pause', { note: '', force: true }],
    ['annotate', { text: '' }],
    ['annotate', {}],
  ] as const) {
    assert.equal((await ask(`/api/v1/${path}`, { method: 'POST', headers: { cookie }, body })).status, 400, path);
  }
  for (const path of ['capture/pause', 'capture/resume', 'annotate']) {
    assert.equal((await ask(`/api/v1/${path}`, { method: 'POST', body: { text: 'x' } })).status, 401, path);
  }
  assert.equal(capture.asked.length, before);
});

test('what a person says a device is goes to the ledger with its author; of unknown devices nothing', async () => {
  const { ask, cookie, capture } = await home();
  const body = { name: 'Hall lamp', vendor: 'Acme', category: 'light' };
  const path = '/api/v1/devices/b827eb000001/identity';
  const answer = await ask(path, { method: 'POST', headers: { cookie }, body });
  assert.deepEqual([answer.status, answer.json], [200, { ok: true }]);
  assert.deepEqual(capture.asked.at(-1), { verb: 'identify', device: device(1), ...body, by: 'page from 127.0.0.1' });
  const unknown = await ask('/api/v1/devices/b827eb0000ff/identity', { method: 'POST', headers: { cookie }, body });
  assert.equal(unknown.status, 404);
  const long = await ask(path, { method: 'POST', headers: { cookie }, body: { ...body, name: 'x'.repeat(81) } });
  assert.equal(long.status, 400);
});

test('what capture refuses is refused with its words', async () => {
  const { ask, cookie } = await home();
  const answer = await ask('/api/v1/tags/stop', { method: 'POST', headers: { cookie }, body: { tag: 'none' } });
  assert.deepEqual([answer.status, answer.json], [400, { code: 'REQUEST_INVALID', error: 'no such tag' }]);
});

test('an open page hears of status, traffic and devices as they happen', async () => {
  const { url, cookie, folder } = await home();
  const heard = new Map<string, number>();
  const request = get(`${url}/events`, { headers: { cookie } }, (answer) => {
    assert.equal(answer.headers['content-type'], 'text/event-stream');
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      for (const [, name = ''] of text.matchAll(/^event: (\w+)$/gm)) heard.set(name, (heard.get(name) ?? 0) + 1);
    });
  });
  await eventually('the page listens', () => heard.has('status'));
  const segment = folder.open(device(3), START_NS + 61_000_000_000n);
  folder.append(segment, packet(device(3), 0, START_NS + 61_000_000_000n));
  await eventually(
    'four kinds of events',
    () => ['status', 'traffic', 'device', 'segment'].every((name) => heard.has(name)),
    15,
  );
  request.destroy();
});

test('a reader who asks for changes gets the status once and then what differs, which makes the same status', async () => {
  const { url, cookie, folder, read } = await home();
  let status: unknown;
  let made = 0;
  const request = get(`${url}/events?changes=1`, { headers: { cookie } }, (answer) => {
    let rest = '';
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      const events = (rest + text).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (name === 'status') status = JSON.parse(data ?? '');
        if (name !== 'changes') continue;
        const { changes } = JSON.parse(data ?? '') as ServerEvents['changes'];
        status = withChanges(status, changes);
        made++;
      }
    });
  });
  await eventually('the whole status', () => status !== undefined);
  const segment = folder.open(device(4), START_NS + 62_000_000_000n);
  folder.append(segment, packet(device(4), 0, START_NS + 62_000_000_000n));
  const known = async () => {
    const { json } = await read('/api/v1/status');
    const { totals } = status as { totals: unknown };
    return made > 0 && isDeepStrictEqual(totals, (json as { totals: unknown }).totals);
  };
  await eventually('the same totals as are asked for', known, 30);
  request.destroy();
});

test('metrics are Prometheus text, with bounded labels and no zero for what is unknown', async () => {
  const { read } = await home();
  const { text } = await read('/metrics');
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) weir_\w+ .+|weir_\w+(\{(\w+="[^"\\]*",?)+\})? -?[\d.e+]+)$/);
  assert.match(text, /weir_device_bytes_total\{device="b827eb000001",direction="up"\} \d+/);
  assert.doesNotMatch(text, /93\.184|script|reason="lost_pipe"/);
});

test('metrics report memory and writes of both processes, of capture only where it says so itself', async (t) => {
  const { ask, logIn, capture } = await startTestAppliance(t);
  const headers = { cookie: await logIn() };
  const metrics = async () => (await ask('/metrics', { headers })).text;
  assert.match(await metrics(), /^weir_process_resident_bytes\{process="appliance"\} \d{8,}$/m);
  assert.match(await metrics(), /^weir_process_written_bytes_total\{process="appliance"\} \d+$/m);
  assert.doesNotMatch(await metrics(), /resident_bytes\{process="capture"/);
  capture.status = { ...capture.status, memory_bytes: 61_000_000 };
  const reported = 'weir_process_resident_bytes{process="capture"} 61000000\n';
  await eventually('capture has said it', async () => (await metrics()).includes(reported));
});

test('while capture does not answer, that is what the status says; figures stay', async (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(ONE);
  folder.append(segment, packet(ONE, 0));
  const { startAppliance } = await import('../../appliance/appliance.ts');
  const { loadConfig } = await import('../../appliance/config/load.ts');
  const { askAt, socketOf } = await import('./running.ts');
  const defaults = loadConfig(undefined).config;
  const config = { ...defaults, data: { dir: folder.dir }, http: { ...defaults.http, port: 0 } };
  const running = await startAppliance({
    config,
    log: { info: () => undefined, warn: () => undefined },
    showPassword: () => undefined,
  });
  t.after(() => running.stop());
  const read = async (path: string) => (await askAt(running.url, path, { socketPath: socketOf(folder) })).json;
  await eventually(
    'one packet',
    async () => ((await read('/api/v1/summary')) as { input: { packets: number } }).input.packets === 1,
  );
  const status = (await read('/api/v1/status')) as StatusResponse;
  assert.equal(status.capture, null);
  assert.match(status.warnings.join(' '), /capture does not answer/);
  const download = await askAt(running.url, '/api/v1/rotate', { socketPath: socketOf(folder), method: 'POST' });
  assert.equal(download.status, 503);
});
