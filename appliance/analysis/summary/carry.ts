// What the analysis of one segment hands to that of the next segment of the same device: plain JSON, bounded. With it the
// summaries of any split of a capture add up to the summary of the whole.

import type { Proof, StreamMemo } from '../inspect/facts.ts';
import type { JoinerCarry } from '../inspect/streams/message-joiner.ts';
import type { StreamCarry } from '../inspect/streams/tcp-stream.ts';
import type { ConnectionCarry } from '../packet/connections.ts';
import type { HandshakeCarry } from '../packet/handshake-times.ts';
import type { HomeCarry } from '../packet/home.ts';
import type { RhythmCarry } from '../packet/rhythm.ts';
import type { Seen, Table } from './summary.ts';

/** Conversations silent for longer are a new session when they go on, and nothing of them is handed on. TCP: also at a SYN. */
export const SESSION_SECONDS = 3600;

export interface Carry {
  readonly schema: 'weir.carry/1';
  /** Segment the packet numbers count in; they go on where the same segment is analysed in pieces. */
  readonly segment: number;
  readonly packets: number;
  /** Of the last packet: `seconds.nanoseconds`; null before the first. */
  readonly last_ts: string | null;
  /** Highest packet time so far, whole seconds: never falls, measures silence. */
  readonly clock: number;
  readonly flows: readonly FlowCarry[];
  readonly addresses: Table<Table<Seen>>;
  readonly rhythms: RhythmCarry;
  readonly handshakes: HandshakeCarry;
  /** Absent in those of earlier versions. */
  readonly home?: HomeCarry;
}

export interface FlowCarry {
  /** ConversationKey.text, with `/1` behind the protocol for the odd direction of a conversation seen with two senders. */
  readonly key: string;
  /** The second end of the key sent first. */
  readonly a_is_second: boolean;
  readonly clock: number;
  /** FlowApplications.opener. */
  readonly opener: 0 | 1;
  /** By part. */
  readonly notes: readonly [NotesCarry | null, NotesCarry | null];
  readonly ab: DirectionCarry | null;
  readonly ba: DirectionCarry | null;
  readonly datagram_listener: string;
  readonly datagrams_unknown: number;
  readonly memos: readonly [StreamMemo, StreamMemo];
  /** Of TCP; missing in those of earlier versions. */
  readonly connection?: ConnectionCarry;
  /** Messages in pieces, by direction; missing where there are none. */
  readonly joiners?: readonly [JoinerCarry, JoinerCarry];
}

export interface NotesCarry {
  readonly service: string | null;
  readonly proof: Proof | null;
  readonly marks: readonly string[];
  readonly names: Table<number>;
}

export interface DirectionCarry {
  readonly window_bytes: number;
  /** packHistogram. */
  readonly window: string;
  readonly evidence: readonly number[];
  readonly stream: StreamCarry | null;
}
