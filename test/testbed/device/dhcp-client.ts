// A DHCP client (RFC 2131 §4.4.1): discover, offer, request, acknowledge, on a real socket without an address yet.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { DhcpIdentity } from '../roster.ts';

export interface Lease {
  readonly address: string;
  readonly router: string;
  readonly seconds: number;
}

const OPTION = { ROUTER: 3, HOST_NAME: 12, REQUESTED: 50, LEASE: 51, TYPE: 53, SERVER: 54, PARAMETERS: 55 } as const;
const OPTION_VENDOR = 60;
const OPTION_CLIENT = 61;
const TYPE = { DISCOVER: 1, OFFER: 2, REQUEST: 3, ACK: 5 } as const;
const COOKIE = 0x6382_5363;
const FIXED_BYTES = 240;
const TRIES = 8;
const TRY_MS = 1500;

function option(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code, value.length]), value]);
}

const addressBytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

/** The fixed part asks for answers by broadcast (flag of §2), as the socket has no address to get them at. */
function encode(type: number, transaction: number, mac: string, identity: DhcpIdentity, extra: Buffer): Buffer {
  const hardware = Buffer.from(mac.replaceAll(':', ''), 'hex');
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.set([1, 1, 6, 0]);
  fixed.writeUInt32BE(transaction, 4);
  fixed.writeUInt16BE(0x8000, 10);
  hardware.copy(fixed, 28);
  fixed.writeUInt32BE(COOKIE, 236);
  const { hostname, vendorClass } = identity;
  return Buffer.concat([
    fixed,
    option(OPTION.TYPE, Buffer.from([type])),
    option(OPTION_CLIENT, Buffer.concat([Buffer.from([1]), hardware])),
    extra,
    ...(vendorClass === undefined ? [] : [option(OPTION_VENDOR, Buffer.from(vendorClass))]),
    ...(hostname === undefined ? [] : [option(OPTION.HOST_NAME, Buffer.from(hostname))]),
    option(OPTION.PARAMETERS, Buffer.from(identity.parameters)),
    Buffer.from([255]),
  ]);
}

interface Reply {
  readonly type: number;
  readonly address: string;
  readonly options: ReadonlyMap<string, Buffer>;
}

function decode(message: Buffer, transaction: number): Reply | undefined {
  if (message.length < FIXED_BYTES || message[0] !== 2 || message.readUInt32BE(4) !== transaction) return undefined;
  const options = new Map<string, Buffer>();
  for (let at = FIXED_BYTES; at + 1 < message.length && message[at] !== 255; ) {
    const code = message[at] ?? 255;
    const length = message[at + 1] ?? 0;
    options.set(String(code), message.subarray(at + 2, at + 2 + length));
    at += code === 0 ? 1 : 2 + length;
  }
  const type = options.get(String(OPTION.TYPE))?.[0] ?? 0;
  return { type, address: message.subarray(16, 20).join('.'), options };
}

/** Sends and waits for a reply of the wanted type; again each 1.5 s, as frames may be lost while the bridge learns. */
async function converse(socket: Socket, message: Buffer, transaction: number, wanted: number): Promise<Reply> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    socket.send(message, 67, '255.255.255.255');
    const reply = await firstMatching(socket, transaction, wanted);
    if (reply !== undefined) return reply;
  }
  throw new Error(`no DHCP answer of type ${wanted} after ${TRIES} tries`);
}

function firstMatching(socket: Socket, transaction: number, wanted: number): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const done = (reply: Reply | undefined): void => {
      clearTimeout(timer);
      socket.off('message', onMessage);
      resolve(reply);
    };
    const onMessage = (message: Buffer): void => {
      const reply = decode(message, transaction);
      if (reply?.type === wanted) done(reply);
    };
    const timer = setTimeout(() => done(undefined), TRY_MS);
    socket.on('message', onMessage);
  });
}

/** Gets an address from anyone who serves this network. `transaction` is the number that ties the four messages. */
export async function acquireLease(mac: string, identity: DhcpIdentity, transaction: number): Promise<Lease> {
  return withSocket(async (socket) => {
    const discover = encode(TYPE.DISCOVER, transaction, mac, identity, Buffer.alloc(0));
    const offer = await converse(socket, discover, transaction, TYPE.OFFER);
    const server = offer.options.get(String(OPTION.SERVER)) ?? Buffer.alloc(4);
    const choice = Buffer.concat([
      option(OPTION.REQUESTED, addressBytes(offer.address)),
      option(OPTION.SERVER, server),
    ]);
    const request = encode(TYPE.REQUEST, transaction, mac, identity, choice);
    return leaseOf(await converse(socket, request, transaction, TYPE.ACK));
  });
}

/** Rebinding (§4.4.5): the request names the address in use, in the field of the fixed part, and goes to everybody. */
export async function renewLease(
  mac: string,
  identity: DhcpIdentity,
  transaction: number,
  own: string,
): Promise<Lease> {
  return withSocket(async (socket) => {
    const request = encode(TYPE.REQUEST, transaction, mac, identity, Buffer.alloc(0));
    addressBytes(own).copy(request, 12);
    return leaseOf(await converse(socket, request, transaction, TYPE.ACK));
  });
}

function leaseOf(ack: Reply): Lease {
  const router = ack.options.get(String(OPTION.ROUTER))?.subarray(0, 4).join('.');
  if (router === undefined) throw new Error('the DHCP server named no router');
  return { address: ack.address, router, seconds: ack.options.get(String(OPTION.LEASE))?.readUInt32BE(0) ?? 0 };
}

async function withSocket(conversation: (socket: Socket) => Promise<Lease>): Promise<Lease> {
  const socket = createSocket('udp4');
  try {
    socket.bind(68, '0.0.0.0');
    await once(socket, 'listening');
    socket.setBroadcast(true);
    return await conversation(socket);
  } finally {
    socket.close();
  }
}
