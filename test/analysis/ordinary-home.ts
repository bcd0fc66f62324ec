// Nineteen days of a made-up home in which nothing happens, with all that looks like something: DNS to low client ports, a gateway
// that asks and answers, a pause of the recording, a power cut after which everything asks for its address, clouds that answer
// under other addresses each day, a device that sleeps at night, renewed leases. And changes that may be planted in it, each alone.

import { certificate } from '../decode/certificate.ts';
import { clientHelloBody, handshake, record, serverHelloBody } from '../decode/client-hello.ts';
import { dnsPacket } from '../decode/dns-oracle.ts';
import { ascii, connection, type Endpoint, ethernet, generator, joinBytes, macBytes, tcp, udp } from './packets.ts';

export interface Sent {
  readonly seconds: number;
  readonly bytes: Uint8Array;
  /** On the wire. */
  readonly length: number;
}

export const HOUR = 3600;
export const DAY = 24 * HOUR;
export const DAYS = 19;
/** A Sunday, 00:00 UTC. */
export const START = 1_795_305_600;
/** Nothing is recorded: somebody paused it. */
const PAUSE = [11 * DAY + 3 * HOUR, 12 * DAY + 9 * HOUR] as const;
/** The home had no power. */
const POWER_CUT = [6 * DAY + 14 * HOUR, 6 * DAY + 16 * HOUR] as const;

export const ROUTER = '02:00:00:00:00:01';
const ALL = 'ff:ff:ff:ff:ff:ff';
const NONE = new Uint8Array(0);
/** Before segmentation, as hosts hand them to their card. */
const LARGE_BYTES = 30_000;
const noise = generator(7);
const SECRET = record(
  23,
  0x0303,
  Uint8Array.from({ length: 120 }, () => noise() & 255),
);
const RESOLVER: Endpoint = { mac: ROUTER, ip: '10.0.0.1', port: 53 };

export interface Thing {
  readonly mac: string;
  readonly ip: string;
  readonly name: string;
  /** Names of its clouds, and the first three bytes of the addresses that these have, ever others. */
  readonly clouds: readonly (readonly [name: string, network: string])[];
  /** First of the ports that it draws; small stacks begin low. */
  readonly firstPort: number;
  readonly bytesAnHour: number;
  readonly wakes?: readonly [from: number, until: number];
}

const thing = (last: number, name: string, more: Omit<Thing, 'mac' | 'ip' | 'name'>): Thing => ({
  mac: `02:00:00:00:00:${last}`,
  ip: `10.0.0.${last}`,
  name,
  ...more,
});

export const PLUG = thing(11, 'plug', {
  clouds: [['mqtt.plug.example', '52.208.0']],
  firstPort: 1024,
  bytesAnHour: 800,
});
export const CAMERA = thing(12, 'camera', {
  clouds: [
    ['relay.camera.example', '52.208.1'],
    ['store.camera.example', '52.208.2'],
  ],
  firstPort: 49_152,
  bytesAnHour: 260_000,
});
export const BULB = thing(13, 'bulb', {
  clouds: [['api.bulb.example', '52.208.3']],
  firstPort: 4096,
  bytesAnHour: 600,
});
export const SPEAKER = thing(14, 'speaker', {
  clouds: [
    ['music.speaker.example', '52.208.4'],
    ['voice.speaker.example', '52.208.5'],
  ],
  firstPort: 32_768,
  bytesAnHour: 90_000,
  wakes: [6, 23],
});
export const THERMOSTAT = thing(15, 'thermostat', {
  clouds: [['home.thermostat.example', '52.208.6']],
  firstPort: 5000,
  bytesAnHour: 2000,
});
export const HUB = thing(16, 'hub', { clouds: [['hub.example', '52.208.7']], firstPort: 40_000, bytesAnHour: 5000 });
const THINGS = [PLUG, CAMERA, BULB, SPEAKER, THERMOSTAT, HUB];

/** From then on, or at that hour, what is planted happens. */
const PLANTED = 15 * DAY + 10 * HOUR;

export type Change =
  | 'country'
  | 'organisation'
  | 'service'
  | 'cleartext'
  | 'tls-downgrade'
  | 'volume'
  | 'listener'
  | 'scan'
  | 'arp-spoof'
  | 'dns-server'
  | 'self-signed'
  | 'silence';

/** In the order of time; of the pause and the power cut nothing. */
export function ordinaryHome(seed: number, planted: ReadonlySet<Change> = new Set()): Sent[] {
  const home = new HomeDays(seed);
  const isSaid = ({ seconds, bytes }: Sent): boolean =>
    !planted.has('silence') || seconds < PLANTED || !isOf(THERMOSTAT, bytes);
  return [...ordinary(seed).filter(isSaid), ...home.changed(planted)].sort((x, y) => x.seconds - y.seconds);
}

/** Of the last home, made once: most of the time goes there. */
let made: { readonly seed: number; readonly days: readonly Sent[] } | undefined;

function ordinary(seed: number): readonly Sent[] {
  if (made?.seed === seed) return made.days;
  const isRecorded = ({ seconds }: Sent): boolean => !within(seconds, PAUSE) && !within(seconds, POWER_CUT);
  const days = new HomeDays(seed).days().filter(isRecorded);
  made = { seed, days };
  return days;
}

/** From or to it. */
function isOf({ mac }: Thing, frame: Uint8Array): boolean {
  const ends = Buffer.from(frame.subarray(0, 12)).toString('hex');
  const wanted = mac.replaceAll(':', '');
  return ends.startsWith(wanted) || ends.endsWith(wanted);
}

const within = (seconds: number, [from, until]: readonly [number, number]) => seconds >= from && seconds < until;
const near = ({ mac, ip }: Thing, port: number): Endpoint => ({ mac, ip, port });
const far = (ip: string, port: number): Endpoint => ({ mac: ROUTER, ip, port });

class HomeDays {
  readonly #random: () => number;
  readonly #sent: Sent[] = [];
  #draws = 0;

  constructor(seed: number) {
    this.#random = generator(seed);
  }

  days(): readonly Sent[] {
    for (let hour = 0; hour < DAYS * 24; hour++) for (const one of THINGS) this.#hourOf(one, hour);
    for (let hour = 0; hour < DAYS * 24; hour++) this.#hourOfRouter(hour);
    for (const one of THINGS) this.#afterPowerCut(one);
    return this.#sent;
  }

  changed(planted: ReadonlySet<Change>): readonly Sent[] {
    for (const change of planted) PLANTS[change]?.(this);
    return this.#sent;
  }

  say(seconds: number, ...frames: readonly Uint8Array[]): void {
    frames.forEach((bytes, i) =>
      this.#sent.push({ seconds: Math.floor(seconds + i / 50), bytes, length: bytes.length }),
    );
  }

  /** A port of its own that it had not lately. */
  port(one: Thing): number {
    this.#draws++;
    return one.firstPort + (this.#draws % 2000);
  }

  #hourOf(one: Thing, hour: number): void {
    const { wakes } = one;
    const at = hour * HOUR;
    if (wakes !== undefined && !within(hour % 24, wakes)) return;
    for (const [i, [host, network]] of one.clouds.entries()) {
      const ip = `${network}.${1 + ((Math.floor(hour / 7) * 13 + i) % 200)}`;
      const begin = at + 120 + i * 600 + (this.#random() % 60);
      this.askForName(one, begin - 2, host, ip);
      this.tls(one, begin, host, ip, one.bytesAnHour);
    }
    this.#small(one, at);
  }

  #small(one: Thing, at: number): void {
    const ntp = joinBytes(Uint8Array.of(0x23), new Uint8Array(47));
    const question = near(one, 123);
    this.say(at + 1800, udp(question, far('162.159.200.1', 123), ntp), udp(far('162.159.200.1', 123), question, ntp));
    const mdns = dnsPacket.encode({ type: 'query', questions: [{ type: 'PTR', name: '_hub._tcp.local' }] });
    this.say(at + 2000, udp(near(one, 5353), { mac: '01:00:5e:00:00:fb', ip: '224.0.0.251', port: 5353 }, mdns));
    const search = ascii(
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nST: ssdp:all\r\n\r\n',
    );
    if (one.name === 'hub') {
      const port = this.port(one);
      this.say(
        at + 2100,
        udp(near(one, port), { mac: '01:00:5e:7f:ff:fa', ip: '239.255.255.250', port: 1900 }, search),
      );
      this.say(
        at + 2102,
        udp(near(SPEAKER, 1900), near(one, port), ascii('HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n')),
      );
    }
    if (at % (12 * HOUR) === 0) this.say(at + 2400, ...lease(one, ['request', 'ack']));
  }

  askForName(one: Thing, seconds: number, name: string, ip: string, resolver = RESOLVER): void {
    const questions = [{ name, type: 'A' as const }];
    const asking = near(one, this.port(one));
    const answer = { type: 'response' as const, questions, answers: [{ type: 'A' as const, name, data: ip }] };
    this.say(
      seconds,
      udp(asking, resolver, dnsPacket.encode({ type: 'query', questions })),
      udp(resolver, asking, dnsPacket.encode(answer)),
    );
  }

  /** TLS 1.3, or up to 1.2 with a certificate. */
  tls(one: Thing, seconds: number, name: string, ip: string, bytes: number, hello = tls13()): void {
    const size = bytes * (0.75 + (this.#random() % 50) / 100);
    const asked = record(22, 0x0301, handshake(1, clientHelloBody(name)));
    const [from, to] = [near(one, this.port(one)), far(ip, 443)];
    this.say(
      seconds,
      ...connection(from, to, [
        [0, asked],
        [1, hello],
      ]),
    );
    // Of large packets the beginning is captured, as with a snap length.
    for (let left = size; left > 0; left -= LARGE_BYTES) {
      const frame = tcp(from, to, 9000, 9000, 24, SECRET);
      this.#sent.push({
        seconds: seconds + 2,
        bytes: frame,
        length: Math.max(frame.length, Math.min(left, LARGE_BYTES)),
      });
    }
  }

  /** The gateway looks for everybody, and is looked for. */
  #hourOfRouter(hour: number): void {
    const at = hour * HOUR + 3000;
    for (const { mac, ip } of THINGS) {
      this.say(at, arp(1, ROUTER, '10.0.0.1', ip), arp(2, mac, ip, '10.0.0.1', ROUTER));
      this.say(at + 5, arp(1, mac, ip, '10.0.0.1'), arp(2, ROUTER, '10.0.0.1', ip, mac));
    }
  }

  /** Everything wakes at once, before the router has its line: questions are repeated. */
  #afterPowerCut(one: Thing): void {
    const at = POWER_CUT[1] + 5;
    this.say(at, ...lease(one, ['discover', 'discover', 'discover', 'offer', 'request', 'ack']));
    this.say(at + 3, arp(1, one.mac, one.ip, one.ip));
    const [[name, network] = ['', '']] = one.clouds;
    this.askForName(one, at + 8, name, `${network}.77`);
    for (let i = 0; i < 6; i++)
      this.say(at + 10 + 2 ** i, tcp(near(one, this.port(one)), far(`${network}.77`, 443), 7, 0, 2, NONE));
  }
}

function tls13(): Uint8Array {
  return record(22, 0x0303, handshake(2, serverHelloBody(0x0304)));
}

type LeaseMessage = 'discover' | 'offer' | 'request' | 'ack';
const LEASE_TYPES: Record<LeaseMessage, number> = { discover: 1, offer: 2, request: 3, ack: 5 };

/** RFC 2131 §2, with what the decoder looks at. */
function lease(one: Thing, messages: readonly LeaseMessage[]): Uint8Array[] {
  return messages.map((message) => {
    const isAnswer = message === 'offer' || message === 'ack';
    const body = new Uint8Array(244);
    body.set([isAnswer ? 2 : 1, 1, 6, 0]);
    body.set(macBytes(one.mac), 28);
    if (isAnswer) body.set(one.ip.split('.').map(Number), 16);
    body.set([99, 130, 83, 99, 53, 1, LEASE_TYPES[message], 255], 236);
    const client: Endpoint = { mac: one.mac, ip: '0.0.0.0', port: 68 };
    const server: Endpoint = { ...RESOLVER, port: 67 };
    return isAnswer
      ? udp(server, { ...client, ip: one.ip }, body)
      : udp(client, { mac: ALL, ip: '255.255.255.255', port: 67 }, body);
  });
}

/** RFC 826; operation 1 asks, 2 answers. */
function arp(operation: 1 | 2, mac: string, ip: string, target: string, to = ALL): Uint8Array {
  const address = (text: string) => Uint8Array.from(text.split('.').map(Number));
  const head = Uint8Array.of(0, 1, 8, 0, 6, 4, 0, operation);
  const asked = operation === 1 ? new Uint8Array(6) : macBytes(to);
  return ethernet(mac, to, 0x0806, joinBytes(head, macBytes(mac), address(ip), asked, address(target)));
}

const PLANTS: { readonly [C in Change]?: (home: HomeDays) => void } = {
  country: (home) => {
    home.askForName(PLUG, PLANTED, 'log.other.example', '121.40.0.1');
    home.tls(PLUG, PLANTED + 2, 'log.other.example', '121.40.0.1', 500);
  },
  organisation: (home) => home.tls(HUB, PLANTED, 'x.elsewhere.example', '5.9.0.1', 500),
  service: (home) => {
    const cloud = far('52.208.3.1', 22);
    home.say(
      PLANTED,
      ...connection(near(BULB, 4100), cloud, [
        [1, ascii('SSH-2.0-x\r\n')],
        [0, ascii('SSH-2.0-y\r\n')],
      ]),
    );
  },
  cleartext: (home) => {
    const request = ascii('GET /status HTTP/1.1\r\nHost: home.thermostat.example\r\n\r\n');
    home.say(PLANTED, ...connection(near(HUB, 40_100), far('52.208.7.1', 80), [[0, request]]));
  },
  'tls-downgrade': (home) => {
    const old = record(
      22,
      0x0301,
      handshake(2, joinBytes(Uint8Array.of(3, 1), serverHelloBody(undefined).subarray(2))),
    );
    home.tls(SPEAKER, PLANTED, 'music.speaker.example', '52.208.4.9', 500, old);
  },
  volume: (home) => home.tls(CAMERA, PLANTED, 'store.camera.example', '52.208.2.1', 3_200_000),
  listener: (home) => home.say(PLANTED, ...connection(near(HUB, 40_200), near(BULB, 23), [[1, ascii('login: ')]])),
  scan: (home) => {
    for (let i = 0; i < 80; i++)
      home.say(PLANTED + i, tcp(near(CAMERA, 50_000 + i), far(`45.${i}.3.7`, 23), 7, 0, 2, NONE));
  },
  'arp-spoof': (home) => {
    for (let i = 0; i < 40; i++) home.say(PLANTED + i * 300, arp(2, BULB.mac, '10.0.0.1', '10.0.0.12'));
  },
  'dns-server': (home) => home.askForName(PLUG, PLANTED, 'mqtt.plug.example', '52.208.0.1', far('8.8.8.8', 53)),
  'self-signed': (home) => {
    const chain = certificate();
    const length = (n: number) => Uint8Array.of(n >> 16, (n >> 8) & 255, n & 255);
    const body = joinBytes(length(chain.length + 3), length(chain.length), chain);
    const hello = record(22, 0x0303, handshake(2, serverHelloBody(undefined)));
    home.tls(
      THERMOSTAT,
      PLANTED,
      'home.thermostat.example',
      '52.208.6.9',
      500,
      joinBytes(hello, record(22, 0x0303, handshake(11, body))),
    );
  },
};
