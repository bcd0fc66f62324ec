// Adds one slice to what is kept of its device: the towers of its phase and of all (sum-tower.ts), the carry, and the hours
// that are over with it. Says what has to be written and what is needed no longer; writes nothing itself, so that the index
// and `weir replay`, which keeps its pieces in memory, are the same sums.

import type { Phase } from '../../model/phase.ts';
import type { TotalScope } from './index-keys.ts';
import type { FoldedSegment, StoredDevice, StoredPart, StoredTower } from './index-records.ts';
import type { PackedText } from './packed-text.ts';
import { type FreshPiece, type PieceRef, pieceRef } from './piece-files.ts';
import { nextStep } from './sum-tower.ts';

export interface GrowthRoom {
  merge(parts: readonly PackedText[]): Promise<PackedText>;
  /** Contents of a piece that the device names. @throws where there is none. */
  read(ref: PieceRef): Promise<PackedText>;
}

/** An hour of a device that no slice can join any more, unless the clock is set back. */
export interface ClosedHour {
  readonly phase: Phase;
  readonly hour: string;
  readonly summary: PackedText;
}

export interface GrownDevice {
  readonly device: StoredDevice;
  readonly fresh: readonly FreshPiece[];
  /** Pieces that `device` names no longer. */
  readonly dead: readonly number[];
  readonly closed: readonly ClosedHour[];
  /** Number of the next piece. */
  readonly pieces: number;
}

const NO_TOWER: StoredTower = { segments: 0, last_seq: -1, parts: [] };

/** `pieces`: number of the first new piece. */
export async function growDevice(
  known: StoredDevice | undefined,
  slice: FoldedSegment,
  pieces: number,
  room: GrowthRoom,
): Promise<GrownDevice> {
  const growth = new Growth(slice, pieces, room);
  const phases: readonly Phase[] =
    slice.scan === undefined ? [slice.phase] : [...new Set([slice.phase, 'scan' as const])];
  const scopes = [...phases, 'all'] as const;
  const towers: Partial<Record<TotalScope, StoredTower>> = { ...known?.towers };
  for (const scope of scopes) towers[scope] = await growth.tower(towers[scope] ?? NO_TOWER, scope);
  const carry = slice.carry.length === 0 ? null : growth.add(slice.carry);
  const { seq, slice: number, ends, bytes } = slice;
  const device: StoredDevice = { seq, slice: number, offset: ends ? null : bytes, carry, towers };
  return { device, ...growth.result(known, device) };
}

class Growth {
  readonly #slice: FoldedSegment;
  readonly #room: GrowthRoom;
  readonly #fresh = new Map<number, FreshPiece>();
  /** Sums made here, by the pieces in them: those of a phase and of all are mostly the same. */
  readonly #sums = new Map<string, PieceRef>();
  readonly #closed: ClosedHour[] = [];
  #piece: PieceRef | undefined;
  #scanPiece: PieceRef | undefined;
  #pieces: number;

  constructor(slice: FoldedSegment, pieces: number, room: GrowthRoom) {
    this.#slice = slice;
    this.#pieces = pieces;
    this.#room = room;
  }

  add(content: PackedText): PieceRef {
    const ref = pieceRef(this.#pieces++, content);
    this.#fresh.set(ref.id, { ref, content });
    return ref;
  }

  async tower({ segments, parts }: StoredTower, scope: TotalScope): Promise<StoredTower> {
    const { ends, seq, summary, scan } = this.#slice;
    const isOwn = scope === 'all' || scope === this.#slice.phase;
    const isScan = scan !== undefined && (scope === 'all' || scope === 'scan');
    let grown = parts;
    if (isOwn && summary.length > 0) grown = await this.#grow(grown, scope, () => (this.#piece ??= this.add(summary)));
    if (isScan) grown = await this.#grow(grown, scope, () => (this.#scanPiece ??= this.add(scan)));
    return { segments: segments + (ends && isOwn ? 1 : 0), last_seq: seq, parts: grown };
  }

  result(known: StoredDevice | undefined, device: StoredDevice): Omit<GrownDevice, 'device'> {
    const needed = new Set(piecesOf(device).map(({ id }) => id));
    return {
      fresh: [...this.#fresh.values()].filter(({ ref }) => needed.has(ref.id)),
      dead:
        known === undefined ? [] : [...new Set(piecesOf(known).map(({ id }) => id))].filter((id) => !needed.has(id)),
      closed: this.#closed,
      pieces: this.#pieces,
    };
  }

  async #grow(parts: readonly StoredPart[], scope: TotalScope, piece: () => PieceRef): Promise<StoredPart[]> {
    const { hour } = this.#slice;
    let grown = [...parts];
    for (let step = nextStep(grown, hour); step !== undefined; step = nextStep(grown, hour)) {
      const joined = grown.slice(step.from);
      const part = { level: step.level, hour: joined.at(-1)?.hour ?? hour, piece: await this.#sum(joined) };
      if (step.level === 1 && scope !== 'all')
        this.#closed.push({ phase: scope, hour: part.hour, summary: await this.#content(part.piece) });
      grown = [...grown.slice(0, step.from), part];
    }
    return [...grown, { level: 0, hour, piece: piece() }];
  }

  /** Of one part it is that part, wherever it lies. */
  async #sum(parts: readonly StoredPart[]): Promise<PieceRef> {
    const key = parts.map(({ piece }) => piece.id).join(' ');
    const only = parts.length === 1 ? parts[0]?.piece : this.#sums.get(key);
    if (only !== undefined) return only;
    const contents: PackedText[] = [];
    for (const { piece } of parts) contents.push(await this.#content(piece));
    const sum = this.add(await this.#room.merge(contents));
    this.#sums.set(key, sum);
    return sum;
  }

  async #content(ref: PieceRef): Promise<PackedText> {
    return this.#fresh.get(ref.id)?.content ?? this.#room.read(ref);
  }
}

/** All that a device names; some more than once. */
export function piecesOf({ carry, towers }: StoredDevice): PieceRef[] {
  const parts = Object.values(towers).flatMap((tower) => tower.parts.map(({ piece }) => piece));
  return carry === null ? parts : [carry, ...parts];
}

/** The slice is in the index already, or a later one of its device. */
export function isKnown(place: SlicePlace | undefined, { seq, slice }: SlicePlace): boolean {
  return place !== undefined && (seq < place.seq || (seq === place.seq && slice <= place.slice));
}

type SlicePlace = Pick<StoredDevice, 'seq' | 'slice'>;
