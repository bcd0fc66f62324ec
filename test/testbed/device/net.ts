// The sockets that behaviours use: names, datagrams, TCP requests, HTTP. Each call opens its own and closes it again.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { GATEWAY_IP } from '../roster.ts';

const TIMEOUT_MS = 8000;

/** All IPv4 addresses of a name, asked at the router or at a resolver that the device insists on. */
export async function resolveAll(name: string, server = GATEWAY_IP): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 3 });
  resolver.setServers([server]);
  return resolver.resolve4(name);
}

export async function resolve(name: string, server?: string): Promise<string> {
  const [address] = await resolveAll(name, server);
  if (address === undefined) throw new Error(`${name} has no address`);
  return address;
}

export interface Datagram {
  readonly to: string;
  readonly port: number;
  readonly message: Buffer;
  /** Wait for one reply this long; without it the socket closes after sending. */
  readonly replyMs?: number;
}

/** Sends one datagram, unicast, broadcast or multicast; the reply, or undefined where none came or none was wanted. */
export async function sendDatagram(datagram: Datagram): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  socket.on('error', () => {}); // ICMP "port unreachable" is part of the home's noise
  try {
    socket.bind(0);
    await once(socket, 'listening');
    socket.setBroadcast(true);
    socket.setMulticastTTL(4);
    await transmit(socket, datagram);
    return datagram.replyMs === undefined ? undefined : await firstReply(socket, datagram.replyMs);
  } finally {
    socket.close();
  }
}

function transmit(socket: UdpSocket, datagram: Datagram): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(datagram.message, datagram.port, datagram.to, (error) => (error === null ? resolve() : reject(error))),
  );
}

function firstReply(socket: UdpSocket, milliseconds: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), milliseconds);
    socket.once('message', (message) => {
      clearTimeout(timer);
      resolve(message);
    });
  });
}

/** A UDP service of the device itself. */
export async function serveDatagrams(
  port: number,
  answer: (message: Buffer, from: RemoteInfo) => Buffer | undefined,
): Promise<UdpSocket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('error', () => {});
  socket.on('message', (message, from) => {
    const reply = answer(message, from);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  socket.bind(port);
  await once(socket, 'listening');
  return socket;
}

/** A TCP service of the device: `answer` gets each chunk and gives the reply. */
export async function serveStream(port: number, answer: (chunk: Buffer) => Buffer | undefined): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      const reply = answer(chunk);
      if (reply !== undefined) socket.write(reply);
    });
  });
  server.listen(port, '0.0.0.0');
  await once(server, 'listening');
}

/** Opens a TCP connection, sends each message after the reply to the one before, closes. Gives the replies. */
export async function talk(to: string, port: number, messages: readonly Buffer[]): Promise<Buffer[]> {
  const socket = connect(port, to);
  try {
    await within(once(socket, 'connect'), `no connection to ${to}:${port}`);
    const replies: Buffer[] = [];
    for (const message of messages) replies.push(await ask(socket, message));
    return replies;
  } finally {
    socket.destroySoon();
  }
}

async function ask(socket: Socket, message: Buffer): Promise<Buffer> {
  const reply = once(socket, 'data');
  socket.write(message);
  const [chunk] = await within(reply, 'no reply on TCP');
  return Buffer.from(chunk as Uint8Array);
}

export async function within<T>(promise: Promise<T>, complaint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface HttpRequest {
  /** Name for the Host header; resolved unless `address` is given. */
  readonly host: string;
  readonly address?: string;
  readonly port?: number;
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
}

/** One request on its own connection. Any status is an answer; problem below HTTP throws. */
export async function http(wanted: HttpRequest): Promise<HttpReply> {
  const response = await openHttp(wanted);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array));
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) };
}

/** As `http`, but gives the response while its body still streams. */
export async function openHttp(wanted: HttpRequest): Promise<IncomingMessage> {
  const address = wanted.address ?? (await resolve(wanted.host));
  const body = wanted.body === undefined ? undefined : Buffer.from(wanted.body);
  const headers: Record<string, string> = { Host: wanted.host, ...wanted.headers };
  if (body !== undefined) headers['Content-Length'] = String(body.length);
  const target = { host: address, port: wanted.port ?? 80, path: wanted.path, method: wanted.method ?? 'GET' };
  const outgoing = request({ ...target, headers, agent: false, timeout: TIMEOUT_MS });
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${wanted.host}`)));
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return response;
}
