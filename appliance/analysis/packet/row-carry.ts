// One conversation's row as the carry has it, and back: what the next segment of its device starts from. Called by flows.ts.

import type { FlowNotes } from '../inspect/collector.ts';
import { carryJoiners, type FlowApplications, newApplications, resumeJoiners } from '../inspect/dispatcher.ts';
import { packNotes, unpackNotes } from '../inspect/flow-notes.ts';
import { type StreamBudget, TcpStream } from '../inspect/streams/tcp-stream.ts';
import type { DirectionCarry, FlowCarry } from '../summary/carry.ts';
import { packHistogram, unpackHistogram } from '../summary/packing.ts';
import type { Connections } from './connections.ts';
import type { FlowTable } from './flow-table.ts';
import type { PayloadStats } from './payload/payload-stats.ts';

/** What is kept by row; owned by flows.ts. */
export interface FlowColumns {
  readonly table: FlowTable;
  readonly payload: PayloadStats;
  readonly connections: Connections;
  /** By part, then by row. */
  readonly notes: readonly (FlowNotes | undefined)[][];
  readonly applications: (FlowApplications | undefined)[];
  readonly budget: StreamBudget;
}

/** Takes up in a new row what the segment before left. */
export function resumeRow(columns: FlowColumns, row: number, flow: FlowCarry): void {
  const { table, notes, applications, budget } = columns;
  table.setInitiator(row, flow.a_is_second);
  table.setLastClock(row, flow.clock);
  if (flow.connection !== undefined) columns.connections.resume(row, flow.connection);
  flow.notes.forEach((packed, part) => {
    if (packed !== null) notes[part]![row] = unpackNotes(packed);
  });
  applications[row] = {
    opener: flow.opener,
    streams: [resumeDirection(columns, row * 2, flow.ab), resumeDirection(columns, row * 2 + 1, flow.ba)],
    datagramListener: flow.datagram_listener,
    unknown: flow.datagrams_unknown,
    memos: [{ ...flow.memos[0] }, { ...flow.memos[1] }],
    joiners: resumeJoiners(flow.joiners, budget),
  };
}

function resumeDirection(
  { payload, budget }: FlowColumns,
  direction: number,
  carry: DirectionCarry | null,
): TcpStream | undefined {
  if (carry === null) return undefined;
  if (carry.evidence.length > 0) {
    payload.resume(direction, {
      windowBytes: carry.window_bytes,
      window: Uint32Array.from(unpackHistogram(carry.window)),
      evidence: carry.evidence,
    });
  }
  return carry.stream === null ? undefined : TcpStream.resume(carry.stream, budget);
}

export function carryRow(columns: FlowColumns, row: number): FlowCarry {
  const { table, payload, notes, connections, applications: all } = columns;
  const applications = all[row] ?? newApplications(0);
  return {
    key: table.carryKey(row),
    a_is_second: table.initiatorIsSecond(row),
    clock: table.lastClock(row),
    opener: applications.opener,
    notes: [packNotes(notes[0]![row]), packNotes(notes[1]![row])],
    ab: carryDirection(payload, row * 2, applications.streams[0]),
    ba: carryDirection(payload, row * 2 + 1, applications.streams[1]),
    datagram_listener: applications.datagramListener,
    datagrams_unknown: applications.unknown,
    memos: [{ ...applications.memos[0] }, { ...applications.memos[1] }],
    ...(table.isTcp(row) ? { connection: connections.carry(row) } : {}),
    ...carryJoiners(applications),
  };
}

function carryDirection(
  payload: PayloadStats,
  direction: number,
  stream: TcpStream | undefined,
): DirectionCarry | null {
  const carry = payload.carry(direction);
  if (carry === undefined && stream === undefined) return null;
  return {
    window_bytes: carry?.windowBytes ?? 0,
    window: carry === undefined || carry.windowBytes === 0 ? '' : packHistogram(carry.window),
    evidence: carry?.evidence ?? [],
    stream: stream === undefined ? null : stream.carry(),
  };
}
