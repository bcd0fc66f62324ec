// A careful look at what is open: the first words of the service, without a password, without a change. It answers RQ1's
// question whether one gets in. What comes back is text of the device: cut, and its control characters escaped.

import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemCode } from '../../model/errors.ts';
import { type PortLook, SCANNER_PORTS } from '../../model/scan/port-scan.ts';
import { printable } from '../../model/text.ts';

interface Way {
  readonly as: string;
  readonly tls?: boolean;
  /** What is sent once connected; nothing where the service speaks first. */
  readonly words?: (host: string) => string | Buffer;
  readonly read: (answer: Buffer) => Pick<PortLook, 'banner' | 'open_access'>;
}

const ANSWER_MS = 5000;
/** The first words of a service; a hostile one goes on for ever. */
const MAX_BYTES = 4096;
const BANNER_LETTERS = 200;
const PORTS_TRIED = 20;

const http: Way = {
  as: 'http',
  words: (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nUser-Agent: weir-scan\r\n\r\n`,
  read: (answer) => {
    const text = answer.toString('utf8');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? Number.NaN);
    const server = /\r\nserver:[ \t]*([^\r\n]*)/i.exec(text)?.[1] ?? '';
    const banner = [firstLine(text), server].filter((part) => part !== '').join(', ');
    return { banner, open_access: status === 200 ? true : status === 401 || status === 403 ? false : null };
  },
};

/** CONNECT of MQTT 3.1.1 without user and with a clean session, client id `weir-scan` (RFC-less; OASIS MQTT 3.1.1 §3.1). */
const MQTT_CONNECT = Buffer.from([
  0x10,
  21,
  0,
  4,
  0x4d,
  0x51,
  0x54,
  0x54,
  4,
  2,
  0,
  10,
  0,
  9,
  ...Buffer.from('weir-scan'),
]);

const greeting = (as: string): Way => ({
  as,
  read: (answer) => ({ banner: firstLine(withoutTelnet(answer)), open_access: null }),
});

const WAYS: ReadonlyMap<number, Way> = new Map<number, Way>([
  [22, greeting('ssh')],
  [23, greeting('telnet')],
  [80, http],
  [443, { ...http, as: 'https', tls: true }],
  [
    554,
    {
      as: 'rtsp',
      words: (host) =>
        `DESCRIBE rtsp://${host}/ RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: weir-scan\r\n\r\n`,
      read: (answer) => {
        const text = answer.toString('utf8');
        const status = Number(/^RTSP\/1\.0 (\d{3})/.exec(text)?.[1] ?? Number.NaN);
        return {
          banner: firstLine(text),
          open_access: status === 200 ? true : status === 401 || status === 403 ? false : null,
        };
      },
    },
  ],
  [
    1883,
    {
      as: 'mqtt',
      words: () => MQTT_CONNECT,
      read: (answer) => {
        const isAnswer = answer.length >= 4 && answer[0] === 0x20 && answer[1] === 2;
        if (!isAnswer) return { banner: '', open_access: null };
        return { banner: `CONNACK ${answer[3]}`, open_access: answer[3] === 0 };
      },
    },
  ],
  [8080, http],
]);

/** Ports of a list that are looked at, in ascending order. */
export function portsToLookAt(open: readonly number[]): number[] {
  return open.filter((port) => WAYS.has(port));
}

/** One after the other: a small device takes few connections. */
export async function lookAt(address: string, ports: readonly number[]): Promise<PortLook[]> {
  const looks: PortLook[] = [];
  for (const port of ports) {
    const way = WAYS.get(port);
    if (way !== undefined) looks.push(await look(address, port, way));
  }
  return looks;
}

async function look(address: string, port: number, way: Way): Promise<PortLook> {
  const base = { port, as: way.as, banner: '', open_access: null };
  for (let tried = 0; tried < PORTS_TRIED; tried++) {
    const localPort = SCANNER_PORTS.first + 1 + Math.floor(Math.random() * 900);
    const { bytes, problem } = await ask(address, port, localPort, way);
    if (problem === 'EADDRINUSE' || problem === 'EADDRNOTAVAIL') continue;
    if (bytes.length === 0) return { ...base, result: problem === '' ? 'silent' : printable(problem, 60) };
    const { banner, open_access } = way.read(bytes);
    return { ...base, banner: printable(banner, BANNER_LETTERS), open_access, result: 'answered' };
  }
  return { ...base, result: 'no port of the scanner was free' };
}

function ask(host: string, port: number, localPort: number, way: Way): Promise<{ bytes: Buffer; problem: string }> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    let problem = '';
    const plain = connect({ host, port, localPort });
    // Certificates of devices are signed by nobody: what is asked is who answers, not whether to believe it.
    const socket: Socket =
      way.tls === true ? connectTls({ socket: plain, rejectUnauthorized: false, minVersion: 'TLSv1' }) : plain;
    const finish = () => {
      clearTimeout(timer);
      plain.destroy();
      resolve({ bytes: Buffer.concat(parts).subarray(0, MAX_BYTES), problem });
    };
    const timer = setTimeout(finish, ANSWER_MS);
    const failed = (error: Error) => {
      problem ||= systemCode(error) ?? 'failed';
      finish();
    };
    plain.once('error', failed);
    if (socket !== plain) socket.once('error', failed);
    socket.once(way.tls === true ? 'secureConnect' : 'connect', () => {
      if (way.words !== undefined) socket.write(way.words(host));
    });
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      length += part.length;
      // A service that greets has said it all; one that was asked ends its head.
      const text = Buffer.concat(parts).toString('utf8');
      if (
        length >= MAX_BYTES ||
        way.as === 'mqtt' ||
        /\r?\n\r?\n/.test(text) ||
        (way.words === undefined && text.includes('\n'))
      )
        finish();
    });
    socket.once('close', finish);
  });
}

function firstLine(text: string): string {
  return /[^\r\n]+/.exec(text)?.[0]?.trim() ?? '';
}

/** Options of RFC 854 (IAC, verb, option) are no text. */
function withoutTelnet(answer: Buffer): string {
  const kept: number[] = [];
  for (let at = 0; at < answer.length; at++) {
    if (answer[at] === 0xff) at += 2;
    else kept.push(answer[at] ?? 0);
  }
  return Buffer.from(kept).toString('utf8');
}
