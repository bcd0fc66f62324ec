// Real stacks that talk over a loopback of their own while dumpcap listens: run inside a network namespace by stacks.ts.
// `node stacks-guest.js FOLDER`; one line of JSON for each conversation that took place, or for the tool that is missing.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { connectAsync } from 'mqtt';
import { callByWebrtc, postByCoap, runBySsh } from './stack-libraries.ts';
import type { StackLine } from './stacks.ts';

const folder = process.argv[2] ?? '.';
/** A client's port by chance may be one by which tshark names a protocol (48898: ams); it names none of these. */
const CLIENT_PORTS = '61000 65535';
writeFileSync('/proc/sys/net/ipv4/ip_local_port_range', CLIENT_PORTS);
const HOST = '127.0.0.1';
const at = (name: string): string => join(folder, name);
const children: ChildProcess[] = [];
const servers: { close(): unknown }[] = [];

function print(line: StackLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function start(program: string, words: readonly string[]): ChildProcess {
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.on('error', () => undefined);
  children.push(child);
  return child;
}

/** Waits for what must come: under load for long. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1200; tries++) {
    if (await holds()) return;
    await pause(50);
  }
  throw new Error(`${what} did not come within a minute`);
}

async function untilListening(port: number): Promise<void> {
  await until(`a listener on port ${port}`, async () => {
    const socket = connect(port, HOST);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    return isOpen;
  });
}

async function curl(...words: string[]): Promise<void> {
  const child = start('curl', ['-sS', '-k', '--noproxy', '', '-o', at('answer'), '--max-time', '60', ...words]);
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`curl ${words.join(' ')}: ${said}`);
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  await once(server, 'listening');
  servers.push(server);
}

const BODY = '{"user":"maria.example","password":"Tr0ut-Ladder!","note":"the light in the hall was left on"}';
const PAGE = 'the quick brown fox jumps over the lazy dog; '.repeat(100);
const key = { key: '', cert: '' };

function makeKey(): void {
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=lamp.example';
  execFileSync('openssl', [...words.split(' '), '-keyout', at('key.pem'), '-out', at('cert.pem')], { stdio: 'ignore' });
  key.key = readFileSync(at('key.pem'), 'utf8');
  key.cert = readFileSync(at('cert.pem'), 'utf8');
}

/** Each gives what it needs, the conversation by its server's port, and how it comes about. */
interface Scenario {
  readonly name: string;
  readonly tools: readonly string[];
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  /** False where it did not come about, for want of time and not by a fault of what is tested. */
  readonly run: (port: number) => Promise<boolean | void>;
}

async function serveTls(port: number, version: string): Promise<void> {
  start('openssl', [
    's_server',
    '-accept',
    `${port}`,
    '-cert',
    at('cert.pem'),
    '-key',
    at('key.pem'),
    '-www',
    '-quiet',
  ]);
  await untilListening(port);
  await curl(`--tls-max`, version, `--tlsv${version}`, `https://${HOST}:${port}/`);
}

/** A port of UDP cannot be asked: a datagram there would be a client of its own. */
async function untilBound(what: string, port: number): Promise<void> {
  await until(what, () => spawnSync('ss', ['-lun'], { encoding: 'utf8' }).stdout.includes(`:${port}`));
}

async function talkDtls(port: number): Promise<void> {
  const keys = ['-cert', at('cert.pem'), '-key', at('key.pem')];
  const server = start('openssl', ['s_server', '-dtls1_2', '-accept', `${port}`, ...keys, '-quiet', '-4']);
  let heard = '';
  server.stdout?.on('data', (bytes: Buffer) => {
    heard += bytes.toString();
  });
  await untilBound('the DTLS server', port);
  const client = start('openssl', ['s_client', '-dtls1_2', '-connect', `${HOST}:${port}`, '-quiet']);
  client.stdin?.write(`${PAGE.slice(0, 900)}\nthe end\n`);
  await until('what the DTLS client said', () => heard.includes('the end'));
}

/** ngtcp2's client and server with GnuTLS; the client asks for the host by its name. */
async function talkQuic(port: number): Promise<void> {
  writeFileSync(at('page.txt'), PAGE);
  start('gtlsserver', ['-q', '-d', folder, '*', `${port}`, at('key.pem'), at('cert.pem')]);
  await untilBound('the QUIC server', port);
  const words = ['-q', '--exit-on-all-streams-close', 'localhost', `${port}`];
  const client = start('gtlsclient', [...words, `https://localhost:${port}/page.txt`]);
  const [code] = (await once(client, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the QUIC client ended with ${code}`);
}

async function serveHttp(port: number): Promise<void> {
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'content-type': 'text/plain' }).end(PAGE));
  });
  await listen(server, port);
  writeFileSync(at('body.gz'), gzipSync(BODY));
  const fields = ['Content-Encoding: gzip', 'Transfer-Encoding: chunked', 'Content-Type: application/json'];
  const words = fields.flatMap((field) => ['-H', field]);
  await curl(...words, '--data-binary', `@${at('body.gz')}`, `http://${HOST}:${port}/login`);
}

function answer(request: Http2ServerRequest, response: Http2ServerResponse): void {
  // An answer before the whole request resets the stream.
  request.resume().on('end', () => respond(response));
}

function respond(response: Http2ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.end(PAGE);
}

async function serveHttp2(port: number): Promise<void> {
  await listen(createHttp2Server(answer), port);
  await curl(
    '--http2-prior-knowledge',
    '-H',
    'Content-Type: application/json',
    '-d',
    BODY,
    `http://${HOST}:${port}/login`,
  );
}

async function serveHttp2OverTls(port: number): Promise<void> {
  await listen(createSecureServer(key, answer), port);
  await curl('--http2', '-d', BODY, `https://${HOST}:${port}/login`);
}

const MQTT = { 'mqtt over TCP': 1883, 'mqtt over WebSocket': 8083, 'mqtt over TLS': 8883 } as const;

async function startBroker(): Promise<void> {
  const lines = [
    'allow_anonymous true',
    'user root',
    `listener ${MQTT['mqtt over TCP']} ${HOST}`,
    `listener ${MQTT['mqtt over WebSocket']} ${HOST}`,
    'protocol websockets',
    `listener ${MQTT['mqtt over TLS']} ${HOST}`,
    `certfile ${at('cert.pem')}`,
    `keyfile ${at('key.pem')}`,
  ];
  writeFileSync(at('mosquitto.conf'), `${lines.join('\n')}\n`);
  start('mosquitto', ['-c', at('mosquitto.conf')]);
  for (const port of Object.values(MQTT)) await untilListening(port);
}

function publish(scheme: string): (port: number) => Promise<void> {
  return async (port) => {
    if (!existsSync(at('mosquitto.conf'))) await startBroker();
    const client = await connectAsync(`${scheme}://${HOST}:${port}`, {
      username: 'maria.example',
      password: 'Tr0ut-Ladder!',
      rejectUnauthorized: false,
    });
    await client.publishAsync('home/hall/lamp', BODY, { qos: 1 });
    await client.endAsync();
  };
}

/** RFC 1928 and RFC 1929, enough for one client: the name and the port that it asks for are reached here. */
function serveSocks(socket: Socket): void {
  let step = 0;
  const onData = (bytes: Buffer): void => {
    step++;
    if (step === 1) socket.write(Uint8Array.of(5, 2));
    if (step === 2) socket.write(Uint8Array.of(1, 0));
    if (step < 3) return;
    socket.off('data', onData);
    joinTo(socket, bytes.readUInt16BE(bytes.length - 2), Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 80));
  };
  socket.on('data', onData);
}

function serveConnect(socket: Socket): void {
  socket.once('data', (bytes: Buffer) => {
    const port = Number(/^CONNECT [^ ]+:(\d+) /.exec(bytes.toString('latin1'))?.[1]);
    joinTo(socket, port, Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
}

function joinTo(socket: Socket, port: number, ready: Uint8Array): void {
  const onward = connect(port, HOST, () => {
    socket.write(ready);
    socket.pipe(onward).pipe(socket);
  });
  for (const end of [socket, onward]) end.on('error', () => end.destroy());
}

async function talkSocks(port: number, target: string): Promise<void> {
  await listen(createServer(serveSocks), port);
  await curl('--socks5-hostname', `maria.example:Tr0ut-Ladder!@${HOST}:${port}`, target);
}

async function sendMedia(port: number, words: readonly string[]): Promise<void> {
  const sink = createSocket('udp4');
  sink.bind(port, HOST);
  await once(sink, 'listening');
  servers.push(sink);
  const source =
    '-f lavfi -i testsrc2=size=640x480:rate=25 -t 3 -c:v mjpeg -pix_fmt yuvj420p -huffman 0 -q:v 3 -an'.split(' ');
  const child = start('ffmpeg', ['-nostdin', '-v', 'error', ...source, ...words]);
  await once(child, 'exit');
}

const SRTP_KEY = Buffer.alloc(30, 'weir test key').toString('base64');
const SRTP_OUT = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', SRTP_KEY];

const SCENARIOS: readonly Scenario[] = [
  { name: 'TLS 1.2', tools: ['curl'], proto: 'tcp', port: 4431, run: (port) => serveTls(port, '1.2') },
  { name: 'TLS 1.3', tools: ['curl'], proto: 'tcp', port: 4432, run: (port) => serveTls(port, '1.3') },
  { name: 'DTLS 1.2', tools: ['ss'], proto: 'udp', port: 4433, run: talkDtls },
  { name: 'QUIC', tools: ['ss', 'gtlsserver', 'gtlsclient'], proto: 'udp', port: 4434, run: talkQuic },
  { name: 'HTTP/1.1', tools: ['curl'], proto: 'tcp', port: 80, run: serveHttp },
  { name: 'HTTP/2', tools: ['curl'], proto: 'tcp', port: 8080, run: serveHttp2 },
  { name: 'HTTP/2 over TLS', tools: ['curl'], proto: 'tcp', port: 8443, run: serveHttp2OverTls },
  { name: 'MQTT', tools: ['mosquitto'], proto: 'tcp', port: MQTT['mqtt over TCP'], run: publish('mqtt') },
  {
    name: 'MQTT over WebSocket',
    tools: ['mosquitto'],
    proto: 'tcp',
    port: MQTT['mqtt over WebSocket'],
    run: publish('ws'),
  },
  { name: 'MQTT over TLS', tools: ['mosquitto'], proto: 'tcp', port: MQTT['mqtt over TLS'], run: publish('mqtts') },
  {
    name: 'HTTP through SOCKS',
    tools: ['curl'],
    proto: 'tcp',
    port: 1080,
    run: (port) => talkSocks(port, `http://${HOST}:80/`),
  },
  {
    name: 'TLS through SOCKS',
    tools: ['curl'],
    proto: 'tcp',
    port: 1081,
    run: (port) => talkSocks(port, `https://${HOST}:4432/`),
  },
  {
    name: 'TLS through an HTTP proxy',
    tools: ['curl'],
    proto: 'tcp',
    port: 3128,
    async run(port) {
      await listen(createServer(serveConnect), port);
      await curl('-x', `http://maria.example:Tr0ut-Ladder!@${HOST}:${port}`, `https://${HOST}:4432/`);
    },
  },
  {
    name: 'RTP',
    tools: ['ffmpeg'],
    proto: 'udp',
    port: 5004,
    run: (port) => sendMedia(port, ['-f', 'rtp', `rtp://${HOST}:${port}`]),
  },
  {
    name: 'SRTP',
    tools: ['ffmpeg'],
    proto: 'udp',
    port: 5006,
    run: (port) => sendMedia(port, [...SRTP_OUT, '-f', 'rtp', `srtp://${HOST}:${port}`]),
  },
  {
    name: 'CoAP in blocks',
    tools: [],
    proto: 'udp',
    port: 5683,
    run: (port) => postByCoap(port, '/rd/login', BODY),
  },
  { name: 'SSH', tools: ['ssh'], proto: 'tcp', port: 2222, run: (port) => runBySsh(port, PAGE) },
  { name: 'WebRTC', tools: [], proto: 'udp', port: 5012, run: callByWebrtc },
];

function has(tool: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
}

/** Datagrams until one is in the file: then all before it are as well. */
async function mark(path: string, word: string): Promise<void> {
  const socket = createSocket('udp4');
  await until(`${word} in the capture`, async () => {
    await new Promise((resolve) => socket.send(word, 9, HOST, resolve));
    return existsSync(path) && readFileSync(path).includes(word);
  });
  socket.close();
}

execFileSync('ip', ['link', 'set', 'lo', 'up']);
makeKey();
const path = at('stacks.pcap');
const dumpcap = start('dumpcap', ['-q', '-i', 'lo', '-B', '64', '-P', '-w', path]);
await mark(path, 'weir-begin');
for (const { name, tools, proto, port, run } of SCENARIOS) {
  const missing = tools.filter((tool) => !has(tool));
  const took = missing.length > 0 || (await run(port)) !== false;
  print({ name, proto, port, missing: took ? missing : ['time: no call came about'] });
}
await mark(path, 'weir-end');
dumpcap.kill('SIGINT');
await once(dumpcap, 'exit');
for (const child of children) child.kill('SIGKILL');
for (const server of servers) server.close();
process.exit(0);
