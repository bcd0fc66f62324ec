// Shows payloads to the application listeners: datagrams as they come, TCP in order. Decides who listens to which
// conversation and stops showing what nobody knows. Between analyzer.ts and listeners/.

import type { Walk } from '../../decode/frames/walk.ts';
import { isSealedProtocol, payloadParts, signText } from '../platforms/sign.ts';
import type { FlowCarry } from '../summary/carry.ts';
import type { Collector } from './collector.ts';
import type { DatagramListener, DatagramView, StreamListener, StreamMemo, StreamView } from './facts.ts';
import { deviceOf } from './local-address.ts';
import { beginsShared, channelContent } from './multiplex.ts';
import { type Roster, rosterOf } from './roster.ts';
import { Joiner, type JoinerCarry } from './streams/message-joiner.ts';
import { type StreamBudget, TcpStream } from './streams/tcp-stream.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;

/** Datagrams in a row that no listener knew before only the one that knew earlier ones, if any, is shown more. */
export const MAX_UNKNOWN = 4;

/** Messages in pieces, by direction. */
type Joiners = [Joiner | undefined, Joiner | undefined];

/** What one conversation needs between packets. */
export interface FlowApplications {
  /**
   * Who sent the first packet of this session: 0 for a, 1 for b. Not always a, who sent the first packet of all: after a
   * silence that ended a session, a segment that begins then knows no earlier one, and must come to the same answers.
   */
  readonly opener: 0 | 1;
  /** By direction. */
  readonly streams: [TcpStream | undefined, TcpStream | undefined];
  datagramListener: string;
  unknown: number;
  readonly memos: [StreamMemo, StreamMemo];
  /** Undefined until a message comes in pieces, as in nearly all conversations. */
  joiners: Joiners | undefined;
}

export function newApplications(opener: 0 | 1): FlowApplications {
  return {
    opener,
    streams: [undefined, undefined],
    datagramListener: '',
    unknown: 0,
    memos: [{}, {}],
    joiners: undefined,
  };
}

/** Gives back what the listeners' half-read messages hold. */
export function endApplications(flow: FlowApplications | undefined): void {
  if (flow === undefined) return;
  for (const stream of flow.streams) stream?.close();
  if (flow.joiners !== undefined) for (const joiner of flow.joiners) joiner?.close();
}

/** For FlowCarry: only where a message is incomplete. */
export function carryJoiners({ joiners }: FlowApplications): Pick<FlowCarry, 'joiners'> {
  const of = (joiner: Joiner | undefined): JoinerCarry => joiner?.carry() ?? [];
  if (joiners === undefined) return {};
  const [ab, ba] = [of(joiners[0]), of(joiners[1])];
  return ab.length + ba.length === 0 ? {} : { joiners: [ab, ba] };
}

export function resumeJoiners(carry: FlowCarry['joiners'], budget: StreamBudget): FlowApplications['joiners'] {
  return carry === undefined ? undefined : [Joiner.resume(carry[0], budget), Joiner.resume(carry[1], budget)];
}

/** Lowest port that systems draw for clients (Linux). */
const FIRST_DRAWN_PORT = 32_768;

/** Who opened the conversation, unless the ports show that the capture began in the middle of it. */
function isFromClient({ fromInitiator, sourcePort, destinationPort }: View): boolean {
  if (sourcePort >= FIRST_DRAWN_PORT === destinationPort >= FIRST_DRAWN_PORT) return fromInitiator;
  return sourcePort >= FIRST_DRAWN_PORT;
}

/** The current packet, as listeners see it. Fields are set before each call. */
export class View implements StreamView, DatagramView {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  sourcePort = 0;
  destinationPort = 0;
  packet = 0;
  whole = true;
  fromInitiator = true;
  resumed = false;
  full = false;
  memo: StreamMemo = {};
  peer: StreamMemo = {};
  used = 0;
  handsOver = false;
  readonly #texts: PacketTexts;
  readonly joiner: () => Joiner;

  constructor(texts: PacketTexts, joiner: () => Joiner) {
    this.#texts = texts;
    this.joiner = joiner;
  }

  sourceIp(): string {
    return this.#texts.sourceIp();
  }
  destinationIp(): string {
    return this.#texts.destinationIp();
  }
  sourceMac(): string {
    return this.#texts.sourceMac();
  }
  destinationMac(): string {
    return this.#texts.destinationMac();
  }
  isSourceHome(): boolean {
    return this.#texts.isSourceHome();
  }
  isDestinationHome(): boolean {
    return this.#texts.isDestinationHome();
  }
  ts(): string {
    return this.#texts.ts();
  }
}

type Ports = Pick<Walk, 'sourcePort' | 'destinationPort'>;

/** Where a datagram lies. */
type DatagramPlace = Ports & Pick<Walk, 'payloadStart' | 'payloadEnd' | 'payloadMissing' | 'fragment'>;

/** What is made into text only when a listener asks. */
export interface PacketTexts {
  sourceIp(): string;
  destinationIp(): string;
  sourceMac(): string;
  destinationMac(): string;
  isSourceHome(): boolean;
  isDestinationHome(): boolean;
  ts(): string;
}

export class Applications {
  readonly #datagrams: Roster<DatagramListener>;
  readonly #streams: Roster<StreamListener>;
  readonly #collector: Collector;
  readonly #budget: StreamBudget;
  readonly #view: View;
  /** Set for the consumer, which gets no more than a stream and bytes. */
  #flow: FlowApplications = newApplications(0);
  #direction: 0 | 1 = 0;

  constructor(
    datagrams: readonly DatagramListener[],
    streams: readonly StreamListener[],
    collector: Collector,
    budget: StreamBudget,
    texts: PacketTexts,
  ) {
    this.#datagrams = rosterOf(datagrams);
    this.#streams = rosterOf(streams);
    this.#collector = collector;
    this.#budget = budget;
    this.#view = new View(texts, () => {
      const joiners = (this.#flow.joiners ??= [undefined, undefined]);
      return (joiners[this.#direction] ??= new Joiner(budget));
    });
  }

  #prepare(flow: FlowApplications, walk: Ports, direction: 0 | 1, packet: number): void {
    const view = this.#view;
    this.#flow = flow;
    this.#direction = direction;
    view.sourcePort = walk.sourcePort;
    view.destinationPort = walk.destinationPort;
    view.packet = packet;
    view.fromInitiator = direction === flow.opener;
  }

  /** A UDP packet with payload; whether a listener knew it. Nothing is done when `flow` has been given up and does not begin as what shares ports. */
  datagram(flow: FlowApplications, walk: DatagramPlace, bytes: Uint8Array, direction: 0 | 1, packet: number): boolean {
    const tired = flow.unknown >= MAX_UNKNOWN;
    if (tired && flow.datagramListener === '' && !beginsShared(bytes, walk.payloadStart, walk.payloadEnd)) return false;
    this.#prepare(flow, walk, direction, packet);
    const view = this.#view;
    view.bytes = bytes;
    view.start = walk.payloadStart;
    view.end = walk.payloadEnd;
    view.whole = walk.payloadMissing === 0 && !walk.fragment;
    view.memo = flow.memos[direction];
    view.peer = flow.memos[direction === 0 ? 1 : 0];
    const found = this.#findDatagram(flow);
    this.#collector.noteCuts(flow.joiners?.[direction]);
    if (found === undefined || isSealedProtocol(found.service)) this.#signPayload('udp');
    if (found === undefined) {
      this.#countUnknown(flow);
      return false;
    }
    if (tired) this.#collector.mark('beside:unread');
    flow.datagramListener = found.service;
    flow.unknown = 0;
    this.#collector.protocol(found.service);
    return true;
  }

  /** Traffic next to a known protocol is reported once it is more than a single stray packet. */
  #countUnknown(flow: FlowApplications): void {
    if (flow.unknown >= MAX_UNKNOWN) return;
    flow.unknown++;
    if (flow.unknown === MAX_UNKNOWN && flow.datagramListener !== '') this.#collector.mark('beside:unread');
  }

  /** Asks the listener that has read this conversation, then those of the port, then the rest: ports may be shared. */
  #findDatagram(flow: FlowApplications): DatagramListener | undefined {
    const view = this.#view;
    const known = this.#datagrams.byService.get(flow.datagramListener);
    if (known?.read(view, this.#collector) === true) return known;
    if (known === undefined || flow.unknown < MAX_UNKNOWN || beginsShared(view.bytes, view.start, view.end)) {
      return this.#askAll(known) ?? this.#askInside(known);
    }
    return undefined;
  }

  /** Next to a known protocol only those that know theirs on any port: a port's number has been used up. */
  #askAll(known: DatagramListener | undefined): DatagramListener | undefined {
    const view = this.#view;
    for (const listener of this.#datagrams.candidates(view.destinationPort, view.sourcePort)) {
      if (listener === known || (known !== undefined && !listener.anyPort)) continue;
      if (listener.read(view, this.#collector)) return listener;
    }
    return undefined;
  }

  /** What a TURN server relays is in a separate frame. */
  #askInside(known: DatagramListener | undefined): DatagramListener | undefined {
    const view = this.#view;
    const content = known?.service === 'stun' ? channelContent(view.bytes, view.start, view.end) : view.start;
    if (content === view.start || !beginsShared(view.bytes, content, view.end)) return undefined;
    view.start = content;
    return this.#askAll(known);
  }

  /** A TCP segment, with or without payload. */
  segment(flow: FlowApplications, walk: Walk, bytes: Uint8Array, direction: 0 | 1, packet: number): void {
    const stream = flow.streams[direction];
    if ((walk.tcpFlags & SYN) !== 0) {
      const opened = stream ?? this.#open(flow, direction);
      if (opened.open(walk.tcpSequence)) flow.joiners?.[direction]?.close();
    }
    const back = flow.streams[direction === 0 ? 1 : 0];
    if ((walk.tcpFlags & ACK) !== 0 && back !== undefined && !back.ignored) {
      this.#prepare(flow, walk, direction === 0 ? 1 : 0, packet);
      this.#swapPorts();
      back.acknowledged(walk.tcpAcknowledgement, this.#consume);
    }
    const payload = walk.payloadEnd - walk.payloadStart;
    if (payload > 0 && (walk.tcpFlags & RST) === 0) this.#payload(flow, walk, bytes, direction, packet);
    if ((walk.tcpFlags & (FIN | RST)) !== 0) this.#end(flow, walk, direction, packet);
  }

  #payload(flow: FlowApplications, walk: Walk, bytes: Uint8Array, direction: 0 | 1, packet: number): void {
    const forward = flow.streams[direction] ?? this.#open(flow, direction);
    if (forward.ignored) return;
    this.#prepare(flow, walk, direction, packet);
    const sequence = (walk.tcpFlags & SYN) === 0 ? walk.tcpSequence : (walk.tcpSequence + 1) >>> 0;
    forward.segment(sequence, bytes, walk.payloadStart, walk.payloadEnd, walk.payloadMissing, this.#consume);
    if (forward.listener !== '') this.#collector.protocol(forward.listener);
  }

  /** A message may end with its connection. */
  #end(flow: FlowApplications, walk: Walk, direction: 0 | 1, packet: number): void {
    const stream = flow.streams[direction];
    const listener = stream === undefined ? undefined : this.#streams.byService.get(stream.listener);
    if (stream === undefined || listener?.finish === undefined) return;
    this.#prepare(flow, walk, direction, packet);
    const payload = (walk.tcpFlags & RST) === 0 ? walk.payloadEnd - walk.payloadStart + walk.payloadMissing : 0;
    stream.end((walk.tcpSequence + payload) >>> 0, (bytes, length) => {
      this.#show(stream, bytes, 0, length, true);
      listener.finish?.(this.#view, this.#collector, true);
      this.#collector.noteCuts(flow.joiners?.[direction]);
    });
  }

  #show(stream: TcpStream, bytes: Uint8Array, start: number, end: number, full: boolean): void {
    const view = this.#view;
    view.bytes = bytes;
    view.start = start;
    view.end = end;
    view.full = full;
    view.resumed = stream.resumed;
    view.memo = stream.memo;
    view.peer = this.#flow.streams[this.#direction === 0 ? 1 : 0]?.memo ?? {};
    view.used = 0;
    view.handsOver = false;
  }

  /** What was begun before a gap is reported as far as it was read. */
  #giveUp(stream: TcpStream): void {
    const listener = this.#streams.byService.get(stream.listener);
    if (listener?.finish === undefined) return;
    const { start, end } = this.#view;
    this.#view.end = start;
    listener.finish(this.#view, this.#collector, false);
    this.#view.end = end;
  }

  #swapPorts(): void {
    const view = this.#view;
    const port = view.sourcePort;
    view.sourcePort = view.destinationPort;
    view.destinationPort = port;
  }

  #open(flow: FlowApplications, direction: 0 | 1): TcpStream {
    const stream = new TcpStream(this.#budget);
    flow.streams[direction] = stream;
    return stream;
  }

  readonly #consume = (stream: TcpStream, bytes: Uint8Array, start: number, end: number, full: boolean): number => {
    const view = this.#view;
    this.#show(stream, bytes, start, end, full);
    if (stream.resumed) this.#giveUp(stream);
    this.#collector.noteGaps(stream);
    const listener = this.#listenerOf(stream);
    if (listener === undefined) return this.#unrecognised(stream, end - start);
    if (listener === 'more') {
      // So short a message may be all that comes.
      this.#signPayload('tcp', 'short');
      return full ? end - start : 0;
    }
    stream.listener = listener.service;
    view.used = 0;
    listener.read(view, this.#collector);
    if (listener.lastResort === true) this.#signPayload('tcp');
    this.#collector.noteCuts(this.#flow.joiners?.[this.#direction]);
    if (view.used > 0) stream.resumed = false;
    const used = Math.max(0, view.used);
    return view.handsOver ? this.#handOver(stream, bytes, start, end, full, used) : used;
  };

  /** Lets another listener read on behind what the last one used. */
  #handOver(stream: TcpStream, bytes: Uint8Array, start: number, end: number, full: boolean, used: number): number {
    stream.listener = '';
    if (start + used >= end) return used;
    const more = this.#consume(stream, bytes, start + used, end, full);
    return more < 0 ? more : used + more;
  }

  /** The listener to read on with; after a gap it must recognise its protocol again. */
  #listenerOf(stream: TcpStream): StreamListener | 'more' | undefined {
    const known = stream.listener === '' ? undefined : this.#streams.byService.get(stream.listener);
    if (known !== undefined && !stream.resumed) return known;
    return this.#recognise(known ?? this.#peerListener());
  }

  #peerListener(): StreamListener | undefined {
    const name = this.#flow.streams[this.#direction === 0 ? 1 : 0]?.listener;
    return name === undefined || name === '' ? undefined : this.#streams.byService.get(name);
  }

  #recognise(first: StreamListener | undefined): StreamListener | 'more' | undefined {
    const view = this.#view;
    let more = false;
    if (first !== undefined) {
      const answer = first.recognise(view);
      if (answer === 'yes') return first;
      if (answer === 'more') more = true;
    }
    for (const listener of this.#streams.candidates(view.destinationPort, view.sourcePort)) {
      const answer = listener === first ? 'no' : listener.recognise(view);
      if (answer === 'yes' && !(more && listener.lastResort === true && !view.full)) return listener;
      if (answer === 'more') more = true;
    }
    return more && !view.full ? 'more' : undefined;
  }

  /** For the platform rules: first bytes of a direction that nobody reads, once; before that a short beginning of them. */
  #signPayload(protocol: 'tcp' | 'udp', length: 'whole' | 'short' = 'whole'): void {
    const view = this.#view;
    const signed = view.memo['signed'];
    if (signed === 'whole' || signed === length || view.end <= view.start) return;
    view.memo['signed'] = length;
    const isClient = isFromClient(view);
    const port = isClient ? view.destinationPort : view.sourcePort;
    const parts = payloadParts(protocol, port, isClient ? 'client' : 'server', view.bytes, view.start, view.end);
    this.#collector.sign(deviceOf(view), 'sign_payload', signText('', 'payload', parts));
  }

  /** Nobody knows these bytes: they pass by, and after a few such starts the direction is left alone. */
  #unrecognised(stream: TcpStream, bytes: number): number {
    const view = this.#view;
    this.#signPayload('tcp');
    const expected = stream.listener !== '' || this.#streams.knowsPort(view.destinationPort, view.sourcePort);
    if (!expected && stream.tried()) return -1;
    stream.resumed = true;
    return bytes;
  }
}
