// What application decoders are given and what they may report. The analyzer calls listeners with bytes of a conversation;
// listeners call the pure decoders of ../decode and report through Facts; Facts end up in the Summary.
//
//   walk (../decode) → conversation → datagram or in-order stream head → Listener → Facts → Summary
//
// Every fact is reported at the packet that completes it, once, so that summaries of segments add up to that of the whole.

import type { CountTable } from '../../model/document/counted-tables.ts';
import type { SignTrait } from '../platforms/sign.ts';
import type { FindingFact, FindingSink } from './finding-fact.ts';
import type { OwnKeys } from './own-keys.ts';
import type { Joiner } from './streams/message-joiner.ts';
import type { StreamMemo } from './streams/stream-memo.ts';
import type { UnpackBudget } from './streams/unpack.ts';

export type { CountTable, FindingFact, StreamMemo };

/** Bytes to read: valid only during the call, in an array that is reused. Copy what must stay. */
export interface PayloadView {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Number of the packet in its segment or file, from 1. */
  readonly packet: number;
  /** Made on demand; a string per call. */
  sourceIp(): string;
  destinationIp(): string;
  /** Empty where the link has no addresses. */
  sourceMac(): string;
  destinationMac(): string;
  /** Whether the end is in the home: by its address, by what the router announced, by its MAC. */
  isSourceHome(): boolean;
  isDestinationHome(): boolean;
  /** Time of the packet: `1795000000.123456789`. */
  ts(): string;
  /** Kept from call to call for this direction of the conversation; carried over segments. */
  readonly memo: StreamMemo;
  /** Memo of the opposite direction. */
  readonly peer: StreamMemo;
  /** Puts messages of this direction together that come in pieces; carried over segments. */
  joiner(): Joiner;
}

export interface DatagramView extends PayloadView {
  /** False when the capture cut the packet (snap length) or the IP layer fragmented it. */
  readonly whole: boolean;
  /** True for the sender of the conversation's first packet. */
  readonly fromInitiator: boolean;
}

export interface StreamView extends PayloadView {
  /** True for the sender of the conversation's first packet. */
  readonly fromInitiator: boolean;
  /** Bytes are missing before `start`: see whether a message begins here, else use everything. */
  readonly resumed: boolean;
  /** No more can be buffered: what is not used now is lost. */
  readonly full: boolean;
  /**
   * Set by the listener: how many bytes from `start` it is done with. It may exceed what is there: then the rest of, say, a
   * body passes by unseen. Bytes not used are shown again, with more behind them.
   */
  used: number;
  /** Set by the listener: what follows `used` is another protocol, to be recognised again. */
  handsOver: boolean;
}

/** Why a service is believed. `grammar`: the bytes obey the protocol; `magic`: first bytes; `port`: only the number. */
export type Proof = 'grammar' | 'magic' | 'port';

/** What a device shows of itself: `hostname`, `vendor_class`, `param_request`, `mdns_name`, `user_agent`, `ssdp_model`, … */
export type TraitKind = string;

/** Everything a listener may say. Keys are capped in length and number; what does not fit is counted. */
export interface Facts extends FindingSink {
  /** Adds one to a table, and to the table of the sender's MAC. */
  count(table: CountTable, key: string): void;
  /** The current conversation speaks this protocol; `grammar` beats `magic` beats `port`, then the first report stays. */
  service(name: string, proof: Proof): void;
  /** The far end of the current conversation has this name (`sni`, `host`, `quic`, `certificate`). */
  name(name: string, source: string): void;
  /** An address has a name (`dns`, `mdns`, `nbns`, `dhcp`). */
  address(ip: string, name: string, source: string): void;
  /** A message of DHCP that a client sent or was sent. */
  lease(mac: string, message: string): void;
  /** A device shows something of itself. */
  trait(mac: string, kind: TraitKind, value: string): void;
  /** A device shows something that platform rules may ask for (platforms/sign.ts). */
  sign(mac: string, kind: SignTrait, text: string): void;
  /**
   * A word about the content of the current conversation, for the verdict: `encrypted:tls`, `upgraded:starttls`, `clear:http`,
   * `media:jpeg`, `compressed:gzip`, `encoded:xor`, `encoded:base64`, `body:uniform`. A set, at most 32 words a conversation,
   * and at most `most` of those that are alike up to their first space.
   */
  mark(word: string, most?: number): void;
  /** What the current packet says has no room with its listener: counted as a name that was not kept. */
  leftOut(): void;
  /** Bytes that a listener unpacked (`gzip`, `xor`): the tester's planted secrets are searched in them as well. */
  unpacked(bytes: Uint8Array, start: number, end: number, how: string): void;
  /** How much may be unpacked. */
  readonly unpackBudget: UnpackBudget;
  /** Of the current message something was not searched: too long to be put together, or in a coding nobody here can undo. */
  cut(): void;
  /** Field names of the user's word list; undefined where there is none. */
  readonly ownKeys: OwnKeys | undefined;
  /** Whether anything is searched for in them. */
  readonly searches: boolean;
}

/** For a protocol over UDP. Called for every datagram of a conversation that the listener has claimed. */
export interface DatagramListener {
  readonly service: string;
  /** Well-known ports: asked first where one matches. */
  readonly ports: readonly number[];
  /** Whether this listener is also asked about datagrams on other ports. */
  readonly anyPort: boolean;
  /** Reads one datagram. False: not mine, nothing reported. */
  read(view: DatagramView, facts: Facts): boolean;
}

/** For a protocol over TCP. Bytes arrive in order, without repetitions, at most 16 KiB at once. */
export interface StreamListener {
  readonly service: string;
  readonly ports: readonly number[];
  readonly anyPort: boolean;
  /** Gives way to listeners that may yet recognise their protocol. */
  readonly lastResort?: boolean;
  /** Whether the first bytes of a direction (or those after a gap) begin this protocol; `more` to see it again with more bytes. */
  recognise(view: StreamView): 'yes' | 'no' | 'more';
  /** Reads the messages that are complete, reports their content, sets `view.used`. */
  read(view: StreamView, facts: Facts): void;
  /**
   * Reports what is known of a message that does not go on: the direction has `ended`, or bytes of it are missing. The view holds
   * what was shown before and not used.
   */
  finish?(view: StreamView, facts: Facts, ended: boolean): void;
}

// What the verdict is made from is in conversation-stats.ts: these marks and statistics over the payload.
