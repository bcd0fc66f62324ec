import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Guesser, LoginBrake } from '../../appliance/publish/http/access/login-brake.ts';
import { addressGroup } from '../../appliance/publish/http/address-group.ts';
import { CustodyNotes } from '../../appliance/publish/http/custody-notes.ts';
import { Downloads, type Turn } from '../../appliance/publish/http/downloads.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import { DataFolder, device, record, START_NS } from '../store/data-folder.ts';
import { startTestAppliance, type TestAppliance } from './running.ts';

const SEGMENT = { seq: 1, fileName: 'a.pcap', sha256: 'ab' };
const WRONG = () => Promise.resolve(false);
const RIGHT = () => Promise.resolve(true);
const stranger = (i: number): Guesser => ({ lane: `192.0.2.${i}`, isStranger: true });

function openLine(t: TestContext, { url }: TestAppliance, localAddress: string, text = ''): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress }, () => resolve(socket));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(socket));
    socket.write(text);
    t.after(() => socket.destroy());
  });
}

const PROMISED_SECONDS = 2;
/** Larger than what sockets and pipes take in by themselves. */
const LARGE_BYTES = 24 * 1024 * 1024;

/** A data folder with one closed segment of that size. */
function folderWithLarge(t: TestContext): DataFolder {
  const folder = DataFolder.make(t);
  const segment = folder.open(device(1));
  const frame = Buffer.alloc(60_000, 1);
  for (let bytes = 0; bytes < LARGE_BYTES; bytes += frame.length) folder.append(segment, record(frame, START_NS));
  folder.close(segment);
  return folder;
}

/** Somebody logged in who asks for the segment, and reads nothing after its first bytes. */
async function stalledDownload(t: TestContext, appliance: TestAppliance, cookie: string): Promise<void> {
  const text = `GET /api/v1/segments/1/pcap HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n\r\n`;
  const line = await openLine(t, appliance, '127.0.2.1', text);
  await new Promise((resolve) => line.once('readable', resolve));
}

/** An operator logs in and loads status and page with all its files. */
async function pageTime(
  appliance: TestAppliance,
): Promise<{ cookie: string; status: StatusResponse; seconds: number }> {
  const began = performance.now();
  const cookie = await appliance.logIn();
  const status = await appliance.ask('/api/v1/status', { headers: { cookie } });
  assert.equal(status.status, 200);
  const page = await appliance.ask('/');
  assert.equal(page.status, 200);
  const files = [...page.text.matchAll(/(?:src|href)="\.?\/?(assets\/[^"]+)"/g)].map(([, file]) => file);
  assert.ok(files.length > 0);
  for (const file of files) assert.equal((await appliance.ask(`/${file}`)).status, 200, file);
  return { cookie, status: status.json as StatusResponse, seconds: (performance.now() - began) / 1000 };
}

test('five hundred silent sockets, slow headers and two stalled downloads close the page for nobody', async (t) => {
  const appliance = await startTestAppliance(t, undefined, folderWithLarge(t));
  const quiet = await pageTime(appliance);
  const insider = await appliance.logIn();
  for (let i = 0; i < 2; i++) await stalledDownload(t, appliance, insider);
  for (let i = 0; i < 500; i++) {
    const text = i % 2 === 0 ? '' : 'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
    await openLine(t, appliance, `127.0.0.${2 + (i % 20)}`, text);
  }
  // Twenty wrong log-ins from changing addresses come before the right one.
  for (let i = 0; i < 20; i++) {
    const body = JSON.stringify({ password: `wrong-password-${i}` });
    const head = `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
    await openLine(t, appliance, `127.0.1.${2 + i}`, `${head}\r\n\r\n${body}`);
  }
  const besieged = await pageTime(appliance);
  t.diagnostic(`log-in, status and page: ${besieged.seconds.toFixed(2)} s, before ${quiet.seconds.toFixed(2)} s`);
  // Two seconds are the promise; what the machine takes by itself, with others on it, comes on top. A page that is closed needs six and more.
  assert.ok(
    besieged.seconds <= PROMISED_SECONDS + 2 * quiet.seconds,
    `${besieged.seconds} s, before ${quiet.seconds} s`,
  );
  const { cookie } = besieged;
  const { refused } = besieged.status;
  assert.ok(refused.lines >= 100, 'what was closed is reported');
  const metrics = (await appliance.ask('/metrics', { headers: { cookie } })).text;
  const reported = Number(/^weir_refused_total\{what="lines"\} (\d+)$/m.exec(metrics)?.[1]);
  assert.ok(reported >= refused.lines);
});

test('a neighbour has 32 lines at once, and an open stream stays among them', async (t) => {
  const appliance = await startTestAppliance(t);
  const cookie = await appliance.logIn();
  const stream = new Promise((resolve) => {
    get(`${appliance.url}/events`, { headers: { cookie } }, (answer) => {
      resolve('open');
      answer.resume().on('error', () => undefined);
      answer.once('close', () => closed.push('stream'));
      t.after(() => answer.destroy());
    }).on('error', () => undefined);
  });
  const closed: string[] = [];
  await stream;
  const lines: Socket[] = [];
  for (let i = 0; i < 60; i++) {
    const line = await openLine(t, appliance, '127.0.0.1');
    line.resume();
    lines.push(line);
  }
  assert.equal((await appliance.ask('/healthz')).status, 200);
  assert.ok(lines.filter((line) => !line.destroyed).length < 32);
  assert.deepEqual(closed, []);
});

test('a page on localhost has one listener, and its limits hold', async (t) => {
  const { url } = await startTestAppliance(t, (config) => ({ ...config, http: { ...config.http, host: 'localhost' } }));
  const other = connect({ port: Number(new URL(url).port), host: '::1' });
  const answer = await new Promise((resolve) => {
    other.once('connect', () => resolve('a second listener'));
    other.once('error', () => resolve('nobody'));
  });
  other.destroy();
  assert.equal(answer, 'nobody');
});

test('an IPv6 neighbour is a network of 64 bits, however it is written', () => {
  const group = addressGroup('2001:db8:0:1::7');
  for (const same of ['2001:DB8:0:1:ffff::1', '2001:0db8:0000:0001:2:3:4:5', '2001:db8:0:1::%eth0'])
    assert.equal(addressGroup(same), group, same);
  for (const other of ['2001:db8:0:2::7', '2001:db8::1', '::1', '192.0.2.1'])
    assert.notEqual(addressGroup(other), group);
  assert.equal(addressGroup('fe80::1%eth0'), addressGroup('fe80::ffff:1'));
  assert.equal(addressGroup('::ffff:192.0.2.1'), addressGroup('192.0.2.1'));
});

test('five failures of one address make it wait, longer each time, and a right one forgives', async () => {
  const brake = new LoginBrake();
  for (let i = 0; i < 4; i++) assert.equal(await brake.attempt(stranger(1), 0, WRONG), 'wrong');
  assert.equal(await brake.attempt(stranger(1), 0, RIGHT), 'right');
  for (let i = 0; i < 5; i++) assert.equal(await brake.attempt(stranger(1), 0, WRONG), 'wrong');
  assert.deepEqual(await brake.attempt(stranger(1), 0, RIGHT), { waitMs: 60_000 });
  for (let i = 0; i < 5; i++) assert.equal(await brake.attempt(stranger(1), 61_000, WRONG), 'wrong');
  assert.deepEqual(await brake.attempt(stranger(1), 61_000, RIGHT), { waitMs: 120_000 });
});

test('strangers who use up their room leave that of a known browser and of the machine itself', async () => {
  const brake = new LoginBrake();
  for (let i = 0; i < 40; i++) assert.equal(await brake.attempt(stranger(i), 0, WRONG), 'wrong');
  assert.deepEqual(await brake.attempt(stranger(99), 1000, RIGHT), { waitMs: 59_000 });
  assert.equal(await brake.attempt({ lane: 'browser x', isStranger: false }, 1000, RIGHT), 'right');
  assert.equal(await brake.attempt(stranger(99), 60_001, RIGHT), 'right');
});

test('twenty wrong log-ins a minute from changing addresses leave room for a stranger who knows the password', async () => {
  const brake = new LoginBrake();
  for (let second = 0; second < 600; second += 3) {
    await brake.attempt(stranger(second), second * 1000, WRONG);
    if (second % 60 === 0) assert.equal(await brake.attempt(stranger(1000), second * 1000, RIGHT), 'right');
  }
});

test('four strangers are checked at the same moment, and right ones use nothing up', async () => {
  const brake = new LoginBrake();
  for (let i = 0; i < 100; i++) assert.equal(await brake.attempt(stranger(i), 0, RIGHT), 'right');
  const attempts = Array.from({ length: 6 }, (_, i) => brake.attempt(stranger(i), 0, WRONG));
  const outcomes = await Promise.all(attempts);
  assert.deepEqual(outcomes, ['wrong', 'wrong', 'wrong', 'wrong', { waitMs: 1000 }, { waitMs: 1000 }]);
});

test('a browser that logged in before does so again while its address waits', async (t) => {
  const { ask, password } = await startTestAppliance(t);
  const login = (tried: string, cookie = '') =>
    ask('/api/v1/login', { method: 'POST', headers: { cookie }, body: { password: tried } });
  const cookies = [(await login(password)).headers['set-cookie'] ?? []].flat();
  const known = cookies.find((cookie) => cookie.startsWith('weir_known='))?.split(';', 1)[0] ?? '';
  for (let i = 0; i < 5; i++) await login(`guess ${i}`);
  assert.equal((await login(password)).status, 429);
  assert.equal((await login(password, known)).status, 200);
  const forged = known.replace(/[0-9a-f]$/, (digit) => (digit === '0' ? '1' : '0'));
  assert.equal((await login(password, forged)).status, 429);
  assert.equal((await ask('/api/v1/status', { headers: { cookie: known } })).status, 401);
});

const idle = () => ({ bytesRead: () => 0, cut: () => undefined });
const begun = async (downloads: Downloads, owner: string): Promise<Turn> => {
  const turn = await downloads.enter(owner);
  assert.ok(turn !== undefined);
  return turn;
};

test('downloads take turns: anyone who reads nothing comes before anyone who asks for more', async (t) => {
  const downloads = new Downloads(() => 0);
  t.after(() => downloads.stop());
  const first = await begun(downloads, 'greedy');
  await begun(downloads, 'greedy');
  const order: string[] = [];
  for (const owner of ['greedy', 'greedy', 'modest'])
    void downloads.enter(owner).then((turn) => {
      if (turn !== undefined) order.push(owner);
    });
  first.end();
  await new Promise(setImmediate);
  assert.deepEqual(order, ['modest']);
});

test('two stalled downloads end when somebody waits, and not before', async (t) => {
  const downloads = new Downloads(() => 0);
  t.after(() => downloads.stop());
  const cut: number[] = [];
  for (const i of [0, 1]) {
    const turn = await begun(downloads, 'stalled');
    turn.run({
      ...idle(),
      cut: () => {
        cut.push(i);
        turn.end();
      },
    });
  }
  for (let i = 0; i < 10; i++) downloads.look();
  assert.deepEqual(cut, []);
  const waiting = downloads.enter('other');
  downloads.look();
  assert.deepEqual(cut, [0]);
  assert.ok((await waiting) !== undefined);
});

test('a download that moves is not ended, and who waits too long hears so', async (t) => {
  let now = 0;
  let bytes = 0;
  const downloads = new Downloads(() => now);
  t.after(() => downloads.stop());
  for (let i = 0; i < 2; i++)
    (await begun(downloads, 'busy')).run({ bytesRead: () => bytes, cut: () => assert.fail('was ended') });
  const waiting = downloads.enter('late');
  for (; now <= 50_000; now += 2500) {
    bytes += 1_000_000;
    downloads.look();
  }
  assert.equal(await waiting, undefined);
});

test('of one caller four downloads wait, of all sixteen', async (t) => {
  const downloads = new Downloads(() => 0);
  t.after(() => downloads.stop());
  await begun(downloads, 'a');
  await begun(downloads, 'a');
  for (let i = 0; i < 4; i++) void downloads.enter('a');
  assert.equal(await downloads.enter('a'), undefined);
  for (let i = 0; i < 12; i++) void downloads.enter(`b${i}`);
  assert.equal(await downloads.enter('c'), undefined);
});

function custodyBook(t: TestContext) {
  const book = { now: 0, answers: true, lines: [] as { by: string; files: number; detail: string }[] };
  const write = (note: { by: string; files: number; detail: string }) => {
    if (book.answers) book.lines.push(note);
    return Promise.resolve(book.answers);
  };
  const notes = new CustodyNotes(write, () => book.now);
  t.after(() => notes.stop());
  return { book, notes };
}

test('a download of any number of segments is counted whole, in one run of numbers', async (t) => {
  const { book, notes } = custodyBook(t);
  notes.sent('page', SEGMENT, 10);
  for (let seq = 20_000; seq > 2; seq--) notes.sent('page', { ...SEGMENT, seq }, 1);
  await notes.stop();
  assert.deepEqual(book.lines[1], {
    by: 'page',
    files: 19_998,
    detail: '19998 downloads, 19998 bytes, segments 3-20000',
  });
});

test('numbers that lie apart are counted beyond what is remembered of them, and that is said', async (t) => {
  const { book, notes } = custodyBook(t);
  notes.sent('page', SEGMENT, 10);
  for (let seq = 2; seq <= 12_002; seq += 2) notes.sent('page', { ...SEGMENT, seq }, 1);
  await notes.stop();
  assert.equal(book.lines[1]?.files, 6001);
  assert.match(book.lines[1]?.detail ?? '', /bytes, files at most, segments 2 4 6 .* and more$/);
});

test('custody is reported at once, then summed by the minute, with every segment and byte', async (t) => {
  const { book, notes } = custodyBook(t);
  notes.sent('page', SEGMENT, 100);
  assert.deepEqual(book.lines, [{ by: 'page', files: 1, detail: 'segment 1 a.pcap sha256 ab, 100 bytes' }]);
  for (const seq of [7, 5, 6, 9, 9]) notes.sent('page', { ...SEGMENT, seq }, 10);
  notes.look();
  assert.equal(book.lines.length, 1);
  book.now = 60_000;
  notes.look();
  assert.deepEqual(book.lines[1], { by: 'page', files: 4, detail: '5 downloads, 50 bytes, segments 5-7 9' });
});

test('ten thousand downloads of changing callers leave a few lines a minute, each short enough for the ledger', (t) => {
  const { book, notes } = custodyBook(t);
  for (let i = 0; i < 10_000; i++) {
    book.now += 6;
    notes.sent(`token x from 192.0.2.${i % 250}`, { ...SEGMENT, seq: (i * 37) % 9973 }, 24);
  }
  assert.ok(book.lines.length <= 5, `${book.lines.length}`);
  for (book.now = 60_000; book.now < 600_000; book.now += 5000) notes.look();
  assert.ok(book.lines.length <= 20, `${book.lines.length}`);
  assert.equal(
    book.lines.every(({ detail }) => detail.length <= 256),
    true,
  );
});

test('what capture did not take is reported when it answers again, and what sent nothing is not reported', async (t) => {
  const { book, notes } = custodyBook(t);
  notes.sent('page', SEGMENT, 0);
  assert.equal(book.lines.length, 0);
  book.answers = false;
  notes.sent('page', SEGMENT, 10);
  await new Promise(setImmediate);
  book.answers = true;
  notes.sent('page', { ...SEGMENT, seq: 2 }, 5);
  book.now = 61_000;
  notes.look();
  assert.deepEqual(book.lines, [{ by: 'page', files: 2, detail: '2 downloads, 15 bytes, segments 1-2' }]);
});

test('a thousand HEAD requests leave no line in the ledger, and a download leaves one', async (t) => {
  const { ask, logIn, capture, folder } = await startTestAppliance(t);
  const cookie = await logIn();
  const one = device(1);
  const segment = folder.open(one);
  folder.close(segment);
  let status = 0;
  for (let i = 0; i < 100 && status !== 200; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = (await ask('/api/v1/segments/1/pcap', { method: 'HEAD', headers: { cookie } })).status;
  }
  assert.equal(status, 200);
  for (let i = 0; i < 20; i++) await ask('/api/v1/segments/1/pcap', { method: 'HEAD', headers: { cookie } });
  const noted = () => capture.asked.filter(({ verb }) => verb === 'note').length;
  assert.equal(noted(), 0);
  await ask('/api/v1/segments/1/pcap', { headers: { cookie } });
  for (let i = 0; i < 100 && noted() === 0; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(noted(), 1);
});
