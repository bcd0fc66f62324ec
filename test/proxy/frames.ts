// Frames that are the same each time, sent raw from one network through the appliance to another and back, and what arrives of them.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

export interface FramePlaces {
  /** Names of networks: behind the bridge, and behind the uplink. Both have one link, eth0. */
  readonly near: string;
  readonly far: string;
  readonly nearAddress: string;
  readonly farAddress: string;
}

/** In each direction. */
export const FRAMES = 40;
const FIRST_ID = 0x5700;
/** TCP, UDP, ICMP to what the proxy, QUIC and others use. */
const KINDS = [
  [6, 443],
  [6, 80],
  [6, 8883],
  [6, 8899],
  [17, 443],
  [17, 53],
  [1, 0],
] as const;

/** Hexadecimal frames as they arrive, with their layer-2 addresses: from near to far, then back. */
export async function framesOf({ near, far, nearAddress, farAddress }: FramePlaces): Promise<readonly string[]> {
  const up = await oneWay(near, far, nearAddress, farAddress);
  return [...up, ...(await oneWay(far, near, farAddress, nearAddress))];
}

async function oneWay(from: string, to: string, source: string, target: string): Promise<readonly string[]> {
  const inside = (net: string, ...words: readonly string[]) => ['netns', 'exec', net, ...words];
  const filter = `src host ${source} and ip[4:2] >= ${FIRST_ID} and ip[4:2] < ${FIRST_ID + FRAMES}`;
  const reader = spawn('ip', inside(to, 'tcpdump', '-n', '-xx', '-t', '-c', String(FRAMES), '-i', 'eth0', filter), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  reader.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  await once(reader.stderr, 'data');
  const ended = once(reader, 'close');
  const gateway = text === '' ? gatewayOf(from) : '';
  const packets = Array.from({ length: FRAMES }, (_, at) => packet(at, source, target).toString('hex'));
  const sent = spawnSync('ip', inside(from, 'perl', '-e', SENDER, gateway, ...packets), { encoding: 'utf8' });
  if (sent.status !== 0) throw new Error(`nothing was sent: ${sent.stderr}`);
  await ended;
  const frames = text
    .split(/\n(?=\S)/)
    .map((block) => block.replaceAll(/^.*?\n/g, '').replaceAll(/\t0x[0-9a-f]+:|\s/g, ''));
  return frames.filter((frame) => frame !== '');
}

/** MAC of the appliance on that side: asked once, so that a neighbour is known. */
function gatewayOf(net: string): string {
  const run = (...words: readonly string[]) =>
    spawnSync('ip', ['netns', 'exec', net, ...words], { encoding: 'utf8' }).stdout;
  const address = /via (\S+)/.exec(run('ip', 'route', 'show', 'default'))?.[1] ?? '';
  run('ping', '-c', '1', '-W', '5', address);
  return /lladdr (\S+)/.exec(run('ip', 'neigh', 'show', address))?.[1]?.replaceAll(':', '') ?? '';
}

function packet(at: number, source: string, target: string): Buffer {
  const [protocol, port] = KINDS[at % KINDS.length]!;
  const bytes = Buffer.alloc(60, at);
  Buffer.from([0x45, 0, 0, 60, 0, 0, 0x40, 0, 33, protocol, 0, 0]).copy(bytes);
  bytes.writeUInt16BE(FIRST_ID + at, 4);
  Buffer.from([...source.split('.'), ...target.split('.')].map(Number)).copy(bytes, 12);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.writeUInt16BE(~sum & 0xffff, 10);
  bytes.writeUInt16BE(50_000 + at, 20);
  bytes.writeUInt16BE(port, 22);
  if (protocol === 17) bytes.writeUInt32BE(40 << 16, 24);
  if (protocol === 6) bytes.writeUInt16BE(0x5000 | (at % 2 === 0 ? 2 : 0x18), 32);
  return bytes;
}

/** packet(7): raw frames out of eth0. */
const SENDER = `
use strict; use Socket;
my ($gateway, @packets) = @ARGV;
my $read = sub { open my $f, '<', "/sys/class/net/eth0/$_[0]" or die $!; my $t = <$f>; chomp $t; $t };
(my $own = $read->('address')) =~ s/://g;
socket(my $s, 17, SOCK_RAW, 8) or die "socket: $!";
my $to = pack('S n l S C C a8', 17, 0x0800, $read->('ifindex'), 0, 0, 6, '');
for (@packets) { defined send($s, pack('H12 H12 n', $gateway, $own, 0x0800) . pack('H*', $_), 0, $to) or die "send: $!"; }
`;
