// The ways out: a signed webhook, ntfy, syslog (RFC 5424), e-mail. Each sends one notification, or throws the reason. Made once
// from the settings.

import { createHmac } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { readPlainFile } from '../../config/plain-file.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { type Notification, plainText } from './notification.ts';
import { syslogMessages } from './syslog.ts';

export interface NotifySettings {
  readonly webhook: { readonly url: string; readonly secret_file: string };
  readonly ntfy: { readonly url: string; readonly token_file: string };
  readonly syslog: { readonly url: string };
  readonly email: {
    readonly url: string;
    readonly password_file: string;
    readonly from: string;
    readonly to: readonly string[];
  };
}

export interface Channel {
  readonly name: 'webhook' | 'ntfy' | 'syslog' | 'email';
  /** @throws the reason, as one line. */
  send(notification: Notification): Promise<void>;
}

const ANSWER_MS = 15_000;
/** A secret, token or password in a file; a longer file is refused. */
const MAX_SECRET_BYTES = 4096;
const USUAL_SYSLOG_PORT = { 'udp:': 514, 'tcp:': 601, 'tls:': 6514 } as const;

/** Those that are set. @throws WeirError CONFIG_INVALID for an address that is none, or a file that cannot be read. */
export function makeChannels({ webhook, ntfy, syslog, email }: NotifySettings): Channel[] {
  return [
    ...(webhook.url === '' ? [] : [webhookChannel(webhook)]),
    ...(ntfy.url === '' ? [] : [ntfyChannel(ntfy)]),
    ...(syslog.url === '' ? [] : [syslogChannel(syslog)]),
    ...(email.url === '' ? [] : [emailChannel(email)]),
  ];
}

function webhookChannel({ url, secret_file }: NotifySettings['webhook']): Channel {
  checkUrl('webhook', url, ['https:', 'http:'], 'https://example.org/weir');
  const secret = readSecret('webhook.secret_file', secret_file);
  return {
    name: 'webhook',
    send: async (notification) => {
      const body = JSON.stringify(notification);
      // Who receives it checks HMAC-SHA-256 over "time.body", and that the time is now.
      const time = String(Math.floor(Date.parse(notification.ts) / 1000));
      const signature =
        secret === '' ? {} : { 'x-weir-signature': `sha256=${hmac(secret, `${time}.${body}`)}`, 'x-weir-time': time };
      await post(url, body, { 'content-type': 'application/json', ...signature });
    },
  };
}

const hmac = (secret: string, text: string) => createHmac('sha256', secret).update(text).digest('hex');

const NTFY_PRIORITY = { high: '4', medium: '3', low: '2' } as const;

function ntfyChannel({ url, token_file }: NotifySettings['ntfy']): Channel {
  checkUrl('ntfy', url, ['https:', 'http:'], 'https://ntfy.sh/a-topic-nobody-guesses');
  const token = readSecret('ntfy.token_file', token_file);
  return {
    name: 'ntfy',
    send: (notification) => {
      const [first] = notification.notices;
      const [topic = ''] = new URL(url).pathname.split('/').filter(Boolean).slice(-1);
      // As JSON to the server's root: headers would not carry every character of a name.
      const message = {
        topic,
        title: `Weir ${notification.appliance}: ${notification.title}`.slice(0, 250),
        message: plainText(notification).slice(0, 3500),
        priority: Number(NTFY_PRIORITY[first?.severity ?? 'low']),
        click: notification.link,
      };
      const root = new URL('.', new URL(url)).href;
      return post(root, JSON.stringify(message), token === '' ? {} : { authorization: `Bearer ${token}` });
    },
  };
}

async function post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  // Followed elsewhere, a redirection would hand the secret over.
  const answer = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal }).catch(
    (thrown: unknown) => {
      const { cause } = toError(thrown);
      throw cause === undefined ? toError(thrown) : toError(cause);
    },
  );
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
}

function syslogChannel({ url }: NotifySettings['syslog']): Channel {
  checkUrl(
    'syslog',
    url,
    Object.keys(USUAL_SYSLOG_PORT),
    'udp://logs.lan:514, tcp://logs.lan:601 or tls://logs.lan:6514',
  );
  const { protocol, hostname, port } = new URL(url);
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || USUAL_SYSLOG_PORT[protocol as keyof typeof USUAL_SYSLOG_PORT],
  };
  return {
    name: 'syslog',
    send: (notification) => {
      const messages = syslogMessages(notification);
      if (protocol === 'udp:') return sendDatagrams(target, messages);
      // RFC 6587 §3.4.1: each message after its length.
      const framed = Buffer.concat(messages.map((text) => Buffer.from(`${Buffer.byteLength(text)} ${text}`)));
      return sendStream(
        protocol === 'tls:' ? connectTls({ ...target, servername: target.host }) : connectTcp(target),
        framed,
      );
    },
  };
}

async function sendDatagrams(target: { host: string; port: number }, messages: readonly string[]): Promise<void> {
  const socket = createSocket(target.host.includes(':') ? 'udp6' : 'udp4');
  try {
    for (const text of messages)
      await new Promise<void>((resolve, reject) => {
        socket.send(text, target.port, target.host, (error) => (error === null ? resolve() : reject(error)));
      });
  } finally {
    socket.close();
  }
}

function sendStream(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}

function emailChannel({ url, password_file, from, to }: NotifySettings['email']): Channel {
  checkUrl('email', url, ['smtp:', 'smtps:'], 'smtps://user@mail.example.org or smtp://127.0.0.1:25');
  if (from === '' || to.length === 0)
    throw invalid(
      'notify.email needs notify.email.from and notify.email.to',
      'Name a sender and at least one receiver.',
    );
  const password = readSecret('email.password_file', password_file);
  const { protocol, hostname, port, username } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    name: 'email',
    send: async (notification) => {
      const { default: nodemailer } = await import('nodemailer');
      const transport = nodemailer.createTransport({
        host: hostname.replace(/^\[|\]$/g, ''),
        port: Number(port) || (secure ? 465 : 587),
        secure,
        ...(username === ''
          ? {}
          : { auth: { user: decodeURIComponent(username), pass: password }, requireTLS: !secure }),
        connectionTimeout: ANSWER_MS,
        greetingTimeout: ANSWER_MS,
        socketTimeout: ANSWER_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        await transport.sendMail({
          from,
          to: [...to],
          subject: `Weir ${notification.appliance}: ${notification.title}`.slice(0, 250),
          text: plainText(notification),
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } finally {
        transport.close();
      }
    },
  };
}

function checkUrl(channel: string, url: string, schemes: readonly string[], example: string): void {
  if (URL.canParse(url) && schemes.includes(new URL(url).protocol) && new URL(url).hostname !== '') return;
  throw invalid(`notify.${channel}.url: ${url} is no address of this kind`, `Example: ${example}`);
}

function readSecret(setting: string, path: string): string {
  if (path === '') return '';
  try {
    const text = readPlainFile(path, MAX_SECRET_BYTES);
    if (text === undefined) throw new Error('there is no such file');
    return text.trim();
  } catch (thrown) {
    const what = `notify.${setting}: ${path} cannot be read (${toError(thrown).message})`;
    throw invalid(what, 'User weir must be able to read it.', thrown);
  }
}

function invalid(what: string, remedy: string, cause?: unknown): WeirError {
  return new WeirError('CONFIG_INVALID', `${what}; nothing is sent. ${remedy}`, { cause });
}
