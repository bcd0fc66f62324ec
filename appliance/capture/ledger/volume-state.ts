// What the lines before a volume add up to, as the lines at its beginning, and back: a start reads the last volume and knows what
// all of them would have yielded it. Both ways are one table, so that nothing is written that is not read.

import type { LedgerEvent, LedgerHead, LedgerLine, VolumePart, VolumeState } from '../../model/ledger.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { parseSegmentFile } from '../../model/segment.ts';
import type { LedgerSegment, LedgerState, LedgerTag } from './ledger-state.ts';

/** Rows per line, which must stay below MAX_LINE_BYTES: the longest are of some 350 bytes. */
const MAX_ROWS = 400;

/** Rows of a part: how they are taken from a state, and how each is put into one. Throws where a row is none of ours. */
interface Part {
  readonly rows: (state: LedgerState) => Iterable<unknown>;
  readonly restore: (state: LedgerState, row: unknown) => void;
}

const PARTS: Readonly<Record<VolumePart, Part>> = {
  segments: {
    rows: ({ segments }) => [...segments.values()].map(segmentRow),
    restore: (state, row) => state.restoreSegment(parseSegmentRow(row)),
  },
  deleted: {
    rows: ({ deleted }) => deleted.ranges,
    restore: ({ deleted }, row) => deleted.addRange(row as [number, number]),
  },
  tags: {
    rows: ({ tags }) => tags.values(),
    restore: ({ tags }, row) => {
      const tag = row as LedgerTag;
      tags.set(tag.tag, tag);
    },
  },
  newest: {
    rows: ({ newest }) => newest,
    restore: ({ newest }, row) => {
      const [device, sha256] = row as [DeviceKey, string];
      newest.set(device, sha256);
    },
  },
  known: {
    rows: ({ acquaintances }) => acquaintances.known,
    restore: ({ acquaintances }, row) => acquaintances.restoreKnown(row as DeviceKey),
  },
  forgotten: {
    rows: ({ forgotten }) => forgotten,
    restore: ({ forgotten }, row) => {
      const [device, upTo] = row as [DeviceKey, number];
      forgotten.set(device, upTo);
    },
  },
  newcomers: {
    rows: ({ acquaintances }) => acquaintances.newcomerRows,
    restore: ({ acquaintances }, row) => acquaintances.restoreNewcomer(row as [DeviceKey, number, number, number]),
  },
};

/** The lines that begin a volume, but for the seal behind them. `beforeBytes`: of the file of the volume before. */
export function volumeEvents(volume: number, beforeBytes: number, state: LedgerState): LedgerEvent[] {
  const parts: LedgerEvent[] = [];
  for (const part of Object.keys(PARTS) as VolumePart[]) {
    const rows = [...PARTS[part].rows(state)];
    for (let at = 0; at < rows.length; at += MAX_ROWS) {
      parts.push({ type: 'volume-state', part, rows: rows.slice(at, at + MAX_ROWS) });
    }
  }
  const summed = sumOf(state);
  return [{ type: 'volume', volume, before_bytes: beforeBytes, state: summed, parts: parts.length }, ...parts];
}

/** Puts one of these lines into a state that has seen no other. Throws where it holds something else. */
export function restoreVolume(state: LedgerState, line: LedgerLine): void {
  if (line.type === 'volume') restoreSum(state, line.state);
  else if (line.type === 'volume-state') for (const row of line.rows) PARTS[line.part].restore(state, row);
}

function sumOf(state: LedgerState): VolumeState {
  return {
    highest_seq: state.highestSeq,
    highest_boot: state.highestBoot,
    last_ts: state.lastTs,
    covered_ts: state.coveredTs,
    covering: state.covering,
    stopped: state.stopped,
    paused: state.paused,
    phase: state.phase,
  };
}

function restoreSum(state: LedgerState, sum: VolumeState): void {
  state.highestSeq = sum.highest_seq;
  state.highestBoot = sum.highest_boot;
  state.lastTs = sum.last_ts;
  state.coveredTs = sum.covered_ts;
  state.covering = sum.covering;
  state.stopped = sum.stopped;
  state.paused = sum.paused;
  state.phase = sum.phase;
}

type Opened = readonly [n: number, previous: string, ts: string, boot: number, monotonic_ns: string];

/** Of a closed segment what is needed to know it again; of an open one what its closing will say of its opening. */
function segmentRow(segment: LedgerSegment): unknown[] {
  const { path, state, sha256, sidecarSha256, bytes, packets, opened, infra, tags = [] } = segment;
  if (state === 'closed') return [path, state, bytes, packets, sha256, sidecarSha256];
  const head = opened && [opened.n, opened.previous, opened.ts, opened.boot, opened.monotonic_ns];
  return [path, state, bytes, packets, sha256, sidecarSha256, head, infra, [...tags]];
}

function parseSegmentRow(row: unknown): LedgerSegment {
  const [path, state, bytes, packets, sha256, sidecarSha256, head, infra, tags] = row as [
    string,
    LedgerSegment['state'],
    number,
    number,
    string,
    string,
    Opened | null | undefined,
    readonly string[] | undefined,
    readonly string[] | undefined,
  ];
  const name = parseSegmentFile(path.slice(path.lastIndexOf('/') + 1));
  if (name === undefined) throw new TypeError(`${path} is no path of a segment`);
  return {
    device: name.device,
    seq: name.seq,
    path,
    opened: headOf(head),
    infra: infra ?? [],
    ...(tags === undefined || tags.length === 0 ? {} : { tags: new Set(tags) }),
    state,
    sha256,
    sidecarSha256,
    bytes,
    packets,
  };
}

function headOf(opened: Opened | null | undefined): LedgerHead | null {
  if (opened === null || opened === undefined) return null;
  const [n, previous, ts, boot, monotonic_ns] = opened;
  return { n, previous, ts, boot, monotonic_ns };
}
