// Notifications arrive at real receivers on loopback: HTTP servers, a syslog socket, an SMTP server. What is sent is signed,
// masked, reported once, tried again, and bounded.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import type { DocumentFinding } from '../../appliance/model/analysis-document.ts';
import type { ApplianceApi } from '../../appliance/publish/appliance-api.ts';
import { makeChannels, type NotifySettings } from '../../appliance/publish/notify/channels.ts';
import { Delivery, MAX_IN_MESSAGE, MAX_WAITING } from '../../appliance/publish/notify/delivery.ts';
import type { Notice, Notification } from '../../appliance/publish/notify/notification.ts';
import { Notifier, type NotifierSettings } from '../../appliance/publish/notify/notifier.ts';
import { syslogMessages } from '../../appliance/publish/notify/syslog.ts';
import { eventually } from '../store/data-folder.ts';
import { startTestAppliance } from './running.ts';

const NONE: NotifySettings = {
  webhook: { url: '', secret_file: '' },
  ntfy: { url: '', token_file: '' },
  syslog: { url: '' },
  email: { url: '', password_file: '', from: '', to: [] },
};
const SETTINGS: NotifierSettings = {
  ...NONE,
  severity: 'high',
  rules: [],
  warnings: true,
  daily: false,
  wait_seconds: 0,
};
const HOSTILE = 'Küche"]\n<b>\u001b[31m\u{202e}';

const notice = (id: string, severity: Notice['severity'] = 'high'): Notice => ({
  id,
  severity,
  rule: 'CRED-01',
  device: 'b8:27:eb:00:00:01',
  name: 'Hall camera',
  text: `Password sent in the clear (${id}).`,
  link: 'https://weir/#/findings?device=b827eb000001',
});

const notification = (notices: readonly Notice[], more = 0): Notification => ({
  schema: 'weir.notification/1',
  ts: '2026-11-20T12:00:00.000Z',
  appliance: 'weir-test',
  kind: 'findings',
  title: 'a title',
  notices,
  more,
  link: 'https://weir/#/findings',
});

const finding = (id: string, severity: DocumentFinding['severity'] = 'high'): DocumentFinding => ({
  id,
  rule: 'CRED-01',
  severity,
  confidence: 1,
  device: 'b8:27:eb:00:00:01',
  first_ts: '1795176000.000000000',
  last_ts: '1795176000.000000000',
  count: 1,
  excerpt_masked: 'PLANTED-SECRET',
  explanation: `Log-in without encryption ${HOSTILE}`,
  remedy: '',
  evidence: [],
});

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function receiver(t: TestContext, status: () => number = () => 200) {
  const got: Received[] = [];
  const server = createServer((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString('utf8');
    });
    request.on('end', () => {
      got.push({ url: request.url ?? '', headers: request.headers, body });
      answer.writeHead(status(), status() === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function secretFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-notify-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'secret'), `${text}\n`);
  return join(folder, 'secret');
}

const channelOf = (settings: Partial<NotifySettings>) => {
  const [channel] = makeChannels({ ...NONE, ...settings });
  assert.ok(channel);
  return channel;
};

test('a webhook gets JSON whose signature covers time and body; a redirection is not followed', async (t) => {
  let status = 200;
  const { got, url } = await receiver(t, () => status);
  const channel = channelOf({ webhook: { url: `${url}/hook`, secret_file: secretFile(t, 'known') } });
  await channel.send(notification([notice('a')]));
  const [one] = got;
  const time = String(one?.headers['x-weir-time']);
  assert.equal(Number(time), Date.parse('2026-11-20T12:00:00Z') / 1000);
  const expected = createHmac('sha256', 'known').update(`${time}.${one?.body}`).digest('hex');
  assert.equal(one?.headers['x-weir-signature'], `sha256=${expected}`);
  assert.deepEqual((JSON.parse(one?.body ?? '') as Notification).notices, [notice('a')]);
  status = 302;
  await assert.rejects(channel.send(notification([notice('b')])), /HTTP 302/);
  status = 503;
  await assert.rejects(channel.send(notification([notice('b')])), /HTTP 503/);
});

test('ntfy gets topic, title, priority and link as JSON, with the token', async (t) => {
  const { got, url } = await receiver(t);
  const channel = channelOf({ ntfy: { url: `${url}/a-topic`, token_file: secretFile(t, 'tk_1') } });
  await channel.send(notification([{ ...notice('a'), name: 'Küche' }]));
  const message = JSON.parse(got[0]?.body ?? '') as Record<string, unknown>;
  assert.deepEqual([message['topic'], message['priority'], got[0]?.url], ['a-topic', 4, '/']);
  assert.match(String(message['message']), /CRED-01 high, Küche \(b8:27:eb:00:00:01\): Password/);
  assert.equal(got[0]?.headers.authorization, 'Bearer tk_1');
});

test('syslog over UDP and TCP is RFC 5424, whatever a device calls itself', async (t) => {
  const datagrams: string[] = [];
  const udp = createSocket('udp4', (message) => datagrams.push(message.toString('utf8')));
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  t.after(() => udp.close());
  let stream = '';
  const tcp = createTcpServer((socket) => socket.on('data', (part: Buffer) => (stream += part.toString('utf8'))));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  t.after(() => tcp.close());
  const sent = notification([{ ...notice(`x"]\\`), name: 'Küche' }, notice('y', 'low')], 3);
  await channelOf({ syslog: { url: `udp://127.0.0.1:${udp.address().port}` } }).send(sent);
  await channelOf({ syslog: { url: `tcp://127.0.0.1:${(tcp.address() as AddressInfo).port}` } }).send(sent);
  await eventually('all of it', () => datagrams.length === 3 && stream.includes('3 more findings'));
  assert.equal(
    datagrams[0],
    '<131>1 2026-11-20T12:00:00.000Z weir-test weir - findings [weir@32473 id="x\\"\\]\\\\" severity="high" rule="CRED-01" ' +
      'device="b8:27:eb:00:00:01" link="https://weir/#/findings?device=b827eb000001"] ' +
      '\u{FEFF}CRED-01 high, Küche (b8:27:eb:00:00:01): Password sent in the clear (x"]\\).',
  );
  assert.match(datagrams[1] ?? '', /^<133>1 /);
  assert.equal(stream, datagrams.map((text) => `${Buffer.byteLength(text)} ${text}`).join(''));
  const long = syslogMessages(notification([{ ...notice('z'), text: 'ü'.repeat(3000) }]))[0] ?? '';
  assert.ok(Buffer.byteLength(long) <= 2000 && long.endsWith('ü'));
});

test('mail is delivered to every receiver; a password goes out only over a certificate that is trusted', async (t) => {
  const mails: { to: string[]; text: string }[] = [];
  let asked = 0;
  const server = new SMTPServer({
    onAuth: (_auth, _session, done) => {
      asked++;
      done(new Error('no'));
    },
    logger: false,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  // Its certificate is its own: with a user, STARTTLS is asked for and must be one that is trusted.
  const email = { from: 'weir@example.org', to: ['a@example.org', 'b@example.org'] };
  const secure = { ...email, url: `smtp://me%40example.org@127.0.0.1:${port}`, password_file: secretFile(t, 'known') };
  await assert.rejects(channelOf({ email: secure }).send(notification([notice('a')])), /certificate/i);
  assert.deepEqual([mails.length, asked], [0, 0]);
  const open = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (part: Buffer) => (text += part.toString('utf8')));
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        done();
      });
    },
    logger: false,
  });
  await new Promise<void>((resolve) => open.listen(0, '127.0.0.1', () => resolve()));
  t.after(() => new Promise<void>((resolve) => open.close(() => resolve())));
  const plain = { ...email, url: `smtp://127.0.0.1:${(open.server.address() as AddressInfo).port}`, password_file: '' };
  await channelOf({ email: plain }).send({ ...notification([notice('a')]), title: 'one\r\nBcc: c@example.org' });
  assert.deepEqual(mails[0]?.to, ['a@example.org', 'b@example.org']);
  assert.match(mails[0]?.text ?? '', /CRED-01 high, Hall camera/);
  assert.doesNotMatch(mails[0]?.text ?? '', /^Bcc:/m);
});

/** A notifier whose findings and store the test holds. */
function notifierFor(settings: Partial<NotifierSettings>, kept: Map<string, unknown> = new Map()) {
  const problems: string[] = [];
  const api = {
    id: 'weir-test',
    devices: () => [{ mac: 'b8:27:eb:00:00:01', name: HOSTILE }],
  } as unknown as ApplianceApi;
  const store = {
    setting: (name: string) => Promise.resolve(kept.get(name)),
    putSetting: (name: string, value: unknown) => Promise.resolve(void kept.set(name, value)),
  };
  const room = {
    api,
    store: () => store,
    pageUrl: () => 'https://weir',
    problem: (text: string) => problems.push(text),
  };
  return { notifier: new Notifier({ ...SETTINGS, ...settings }, room), kept, problems };
}

const sentIds = (got: readonly Received[]) =>
  got.flatMap(({ body }) => (JSON.parse(body) as Notification).notices.map(({ id }) => id));

test('what was there at the first look is known; what comes is reported once, also over a restart', async (t) => {
  const { got, url } = await receiver(t);
  const webhook = { url, secret_file: '' };
  const first = notifierFor({ webhook });
  await first.notifier.start();
  first.notifier.look([finding('old')], () => [], 0);
  first.notifier.look([finding('old'), finding('new'), finding('small', 'low')], () => [], 10_000);
  await eventually('the new one', () => got.length === 1);
  first.notifier.look([finding('old'), finding('new')], () => [], 20_000);
  await first.notifier.stop();
  const second = notifierFor({ webhook }, first.kept);
  await second.notifier.start();
  second.notifier.look([finding('old'), finding('new'), finding('later')], () => [], 0);
  await eventually('the later one', () => got.length === 2);
  await second.notifier.stop();
  assert.deepEqual(sentIds(got), ['new', 'later']);
  const texts = got.map(({ body }) => body).join('');
  assert.doesNotMatch(texts, /PLANTED-SECRET/);
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(JSON.stringify(JSON.parse(got[0]?.body ?? '')), /\\u001b|\u202e/);
});

test('severity and rules choose; a warning is reported once while only its numbers change', async (t) => {
  const { got, url } = await receiver(t);
  const { notifier } = notifierFor({
    webhook: { url, secret_file: '' },
    severity: 'medium',
    rules: ['CRED-01', 'TLS-01'],
  });
  await notifier.start();
  notifier.look([], () => [], 0);
  const all = [finding('m', 'medium'), { ...finding('other'), rule: 'PII-01' }, { ...finding('t'), rule: 'TLS-01' }];
  notifier.look(all, () => ['12 packets were lost since capture started.'], 10_000);
  await eventually('all three', () => sentIds(got).length === 3);
  notifier.look(all, () => ['13,000 packets were lost since capture started.'], 20_000);
  notifier.look([...all, finding('last')], () => [], 30_000);
  await eventually('the last', () => sentIds(got).includes('last'));
  await notifier.stop();
  assert.equal(sentIds(got).filter((id) => id.startsWith('warning')).length, 1);
  assert.deepEqual(
    sentIds(got)
      .filter((id) => !id.startsWith('warning'))
      .sort(),
    ['last', 'm', 't'],
  );
});

test('a channel that refuses keeps what it has to send, and keeps no other channel from sending', async (t) => {
  let status = 500;
  const bad = await receiver(t, () => status);
  const good = await receiver(t);
  const { notifier, problems } = notifierFor({
    webhook: { url: bad.url, secret_file: '' },
    ntfy: { url: `${good.url}/topic`, token_file: '' },
  });
  await notifier.start();
  notifier.look([], () => [], 0);
  notifier.look([finding('a')], () => [], 10_000);
  await eventually('both were tried', () => bad.got.length === 1 && good.got.length === 1);
  await eventually('the refusal is reported', () => notifier.view().some(({ reason }) => reason === 'HTTP 500'));
  assert.deepEqual(
    notifier.view().map(({ channel, sent, waiting }) => [channel, sent, waiting]),
    [
      ['webhook', 0, 1],
      ['ntfy', 1, 0],
    ],
  );
  assert.equal(problems.length, 1);
  status = 200;
  assert.deepEqual(await notifier.test(), [
    { channel: 'webhook', error: '' },
    { channel: 'ntfy', error: '' },
  ]);
  await notifier.stop();
});

test('ten thousand findings at once are a bounded number of messages, and the rest is counted', async (t) => {
  const sent: Notification[] = [];
  const channel = { name: 'webhook', send: (one: Notification) => Promise.resolve(void sent.push(one)) } as const;
  const room = {
    waitMs: 0,
    frame: () => ({ appliance: 'a', link: 'l' }),
    sent: () => undefined,
    problem: () => undefined,
  };
  const delivery = new Delivery(channel, room, []);
  t.after(() => delivery.stop());
  const notices = Array.from({ length: 10_000 }, (_, i) => notice(`n${i}`, i === 9000 ? 'high' : 'low'));
  delivery.take(notices, new Set(notices.map(({ id }) => id)));
  await eventually('all that waited', () => delivery.view.waiting === 0);
  assert.equal(sent.length, MAX_WAITING / MAX_IN_MESSAGE);
  assert.equal(sent[0]?.notices[0]?.id, 'n9000', 'a flood of small findings displaces no grave one');
  assert.equal(sent[0]?.more, 10_000 - MAX_WAITING);
  assert.deepEqual(
    sent.slice(1).map(({ more }) => more),
    Array<number>(sent.length - 1).fill(0),
  );
  assert.equal(new Set(sent.flatMap((one) => one.notices.map(({ id }) => id))).size, MAX_WAITING);
  assert.equal(delivery.view.dropped, 10_000 - MAX_WAITING);
});

for (const [name, settings, says] of [
  ['a webhook that is no address', { webhook: { url: 'nonsense', secret_file: '' } }, /notify\.webhook\.url: nonsense/],
  [
    'a secret that is not there',
    { webhook: { url: 'http://h/', secret_file: '/nonexistent/s' } },
    /secret_file.*no such file/,
  ],
  ['a syslog scheme of its own', { syslog: { url: 'http://h' } }, /notify\.syslog\.url/],
  ['mail without a receiver', { email: { ...NONE.email, url: 'smtp://h', from: 'a@b' } }, /notify\.email\.to/],
] as const satisfies readonly (readonly [string, Partial<NotifySettings>, RegExp])[])
  test(`${name} is refused in one line`, () => {
    assert.throws(() => makeChannels({ ...NONE, ...settings }), says);
  });

test('an appliance sends a test by API, and the day in plain words with links', async (t) => {
  const { got, url } = await receiver(t);
  const appliance = await startTestAppliance(t, (config) => ({
    ...config,
    notify: { ...config.notify, daily: true, webhook: { url, secret_file: '' }, page_url: 'https://weir.lan:8080' },
  }));
  const cookie = await appliance.logIn();
  const headers = { cookie, origin: appliance.url };
  const answer = await appliance.ask('/api/v1/notifications/test', { method: 'POST', headers, body: {} });
  assert.deepEqual([answer.status, answer.json], [200, { channels: [{ channel: 'webhook', error: '' }] }]);
  await appliance.running.runJob('daily summary');
  await eventually('the day', () => got.length === 2);
  const day = JSON.parse(got[1]?.body ?? '') as Notification;
  assert.equal(day.kind, 'daily');
  assert.match(day.title, /^\d{4}-\d\d-\d\d \d\d:00 to \d{4}-\d\d-\d\d \d\d:00 UTC: 0 devices, 0 B sent$/);
  assert.ok(day.notices.length >= 2 && day.notices.every(({ link }) => link.startsWith('https://weir.lan:8080/#/')));
});

test('where nobody is to be reported, nothing is asked for', async () => {
  const { notifier } = notifierFor({});
  await notifier.start();
  notifier.look([finding('a')], () => assert.fail('the status was made for nobody'), 0);
  assert.deepEqual([notifier.isOn, notifier.view()], [false, []]);
});
