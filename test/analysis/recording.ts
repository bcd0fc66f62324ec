// A double of the analyzer in the tests of listeners: feeds bytes as packets or stream pieces, records what is reported.
import type {
  CountTable,
  DatagramListener,
  DatagramView,
  Facts,
  FindingFact,
  StreamListener,
  StreamMemo,
  StreamView,
} from '../../appliance/analysis/inspect/facts.ts';
import { Joiner } from '../../appliance/analysis/inspect/streams/message-joiner.ts';
import { StreamBudget } from '../../appliance/analysis/inspect/streams/tcp-stream.ts';
import { UnpackBudget } from '../../appliance/analysis/inspect/streams/unpack.ts';
import { isLocalAddress } from '../../appliance/geo/scope.ts';

export const DEVICE = '00:17:88:24:76:ff';
export const SERVER = '00:b5:6d:06:08:ba';

export class RecordedFacts implements Facts {
  readonly ownKeys = undefined;
  readonly counts: Record<string, Record<string, number>> = {};
  readonly services: string[] = [];
  readonly names: string[] = [];
  readonly addresses: string[] = [];
  readonly traits: string[] = [];
  readonly signs: string[] = [];
  readonly marks: string[] = [];
  readonly findings: FindingFact[] = [];
  readonly unpackedTexts: string[] = [];
  cuts = 0;
  left = 0;
  readonly unpackBudget = new UnpackBudget();

  count(table: CountTable, key: string): void {
    const counts = (this.counts[table] ??= {});
    counts[key] = (counts[key] ?? 0) + 1;
  }
  service(name: string, proof: string): void {
    addOnce(this.services, `${name} ${proof}`);
  }
  name(name: string, source: string): void {
    addOnce(this.names, `${source} ${name}`);
  }
  address(ip: string, name: string, source: string): void {
    addOnce(this.addresses, `${ip} ${source} ${name}`);
  }
  lease(): void {
    // Of no interest here.
  }
  trait(mac: string, kind: string, value: string): void {
    addOnce(this.traits, `${mac} ${kind} ${value}`);
  }
  sign(mac: string, kind: string, text: string): void {
    addOnce(this.signs, `${mac} ${kind} ${text.replaceAll('\t', ' | ')}`);
  }
  mark(word: string): void {
    addOnce(this.marks, word);
  }
  leftOut(): void {
    this.left++;
  }
  finding(finding: FindingFact): void {
    this.findings.push(finding);
  }

  again(): boolean {
    return false;
  }

  readonly searches = true;

  unpacked(bytes: Uint8Array, start: number, end: number, how: string): void {
    this.unpackedTexts.push(`${how}: ${Buffer.from(bytes.subarray(start, end)).toString()}`);
  }

  cut(): void {
    this.cuts++;
  }

  rules(): string[] {
    return [...new Set(this.findings.map(({ rule }) => rule))].toSorted();
  }
}

function addOnce(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
}

export interface Ends {
  readonly sourceIp?: string;
  readonly destinationIp?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly sourceMac?: string;
  readonly destinationMac?: string;
  readonly ts?: string;
}

function newJoiner(): Joiner {
  return new Joiner(new StreamBudget(1_000_000));
}

function payload(bytes: Uint8Array, ends: Ends, joiner = newJoiner()) {
  return {
    joiner: () => joiner,
    bytes,
    start: 0,
    end: bytes.length,
    sourcePort: ends.sourcePort ?? 40000,
    destinationPort: ends.destinationPort ?? 80,
    packet: 1,
    sourceIp: () => ends.sourceIp ?? '10.10.10.6',
    destinationIp: () => ends.destinationIp ?? '198.51.100.7',
    sourceMac: () => ends.sourceMac ?? DEVICE,
    destinationMac: () => ends.destinationMac ?? SERVER,
    isSourceHome: () => isLocalAddress(ends.sourceIp ?? '10.10.10.6'),
    isDestinationHome: () => isLocalAddress(ends.destinationIp ?? '198.51.100.7'),
    ts: () => ends.ts ?? '1795000000.123456789',
  };
}

/** One datagram to one listener; `memo` is what it kept of the ones before. */
export function tellDatagram(
  listener: DatagramListener,
  bytes: Uint8Array,
  ends: Ends = {},
  memo: StreamMemo = {},
  joiner = newJoiner(),
): RecordedFacts {
  const facts = new RecordedFacts();
  const view: DatagramView = { ...payload(bytes, ends, joiner), whole: true, fromInitiator: true, memo, peer: {} };
  listener.read(view, facts);
  return facts;
}

/** Two directions of one conversation with one listener; bytes arrive in pieces of any size. */
export class RecordedStream {
  readonly facts = new RecordedFacts();
  readonly #listener: StreamListener;
  readonly #ends: Ends;
  readonly #memos: readonly [StreamMemo, StreamMemo] = [{}, {}];
  readonly #joiners = [newJoiner(), newJoiner()] as const;
  readonly #held: Uint8Array[] = [new Uint8Array(0), new Uint8Array(0)];
  readonly #skip = [0, 0];
  readonly #claimed = [false, false];

  constructor(listener: StreamListener, ends: Ends = {}) {
    this.#listener = listener;
    this.#ends = ends;
  }

  /** 0 sends as the initiator, 1 as the other side; `piece` bytes at a time. */
  send(direction: 0 | 1, bytes: Uint8Array, piece = bytes.length): void {
    for (let at = 0; at < bytes.length; at += Math.max(1, piece)) {
      this.#arrive(direction, bytes.subarray(at, at + Math.max(1, piece)), false);
    }
  }

  /** What is held is shown once more as the last of its direction. */
  finish(): void {
    for (const direction of [0, 1] as const)
      if (this.#held[direction]!.length > 0) this.#arrive(direction, new Uint8Array(0), true);
  }

  #arrive(direction: 0 | 1, bytes: Uint8Array, full: boolean): void {
    const skipped = Math.min(this.#skip[direction]!, bytes.length);
    this.#skip[direction]! -= skipped;
    const held = Buffer.concat([this.#held[direction]!, bytes.subarray(skipped)]);
    const view = this.#view(direction, held, full || held.length >= 16384);
    if (this.#recognised(direction, view)) this.#listener.read(view, this.facts);
    this.#skip[direction]! += Math.max(0, view.used - held.length);
    this.#held[direction] = held.subarray(Math.min(view.used, held.length));
  }

  #recognised(direction: 0 | 1, view: StreamView): boolean {
    if (view.end > 0) this.#claimed[direction] ||= this.#listener.recognise(view) === 'yes';
    return view.end > 0 && (this.#claimed[0]! || this.#claimed[1]!);
  }

  #view(direction: 0 | 1, bytes: Uint8Array, full: boolean): StreamView {
    const ends = direction === 0 ? this.#ends : reversed(this.#ends);
    return {
      ...payload(bytes, ends, this.#joiners[direction]),
      fromInitiator: direction === 0,
      resumed: false,
      full,
      memo: this.#memos[direction],
      peer: this.#memos[direction === 0 ? 1 : 0],
      used: 0,
      handsOver: false,
    };
  }
}

function reversed(ends: Ends): Ends {
  return {
    sourceIp: ends.destinationIp ?? '198.51.100.7',
    destinationIp: ends.sourceIp ?? '10.10.10.6',
    sourcePort: ends.destinationPort ?? 80,
    destinationPort: ends.sourcePort ?? 40000,
    sourceMac: ends.destinationMac ?? SERVER,
    destinationMac: ends.sourceMac ?? DEVICE,
  };
}
