// Whether an index may be believed: asked when it is opened (index-store.ts). Every value is read once, so damage shows here.

import type { ForgottenDevice } from '../tail/forgotten-devices.ts';
import type { IndexDatabase } from './index-database.ts';
import { piecesOf } from './index-growth.ts';
import { EMPTY_HEAD, type IndexHead, type StoredDevice, type StoredSegment } from './index-records.ts';
import type { PieceFiles } from './piece-files.ts';

/** What the ledger says about a segment that the index claims to hold. */
export interface IndexWitness {
  segment(seq: number): { readonly sha256: string | null; readonly bytes?: number | null } | undefined;
  /** `previous` of ledger line `n`; undefined when the ledger is shorter. */
  previous(n: number): string | undefined;
  /** Devices that the ledger says are forgotten. */
  forgotten?(): readonly ForgottenDevice[];
}

/** Why the index is not to be believed; undefined when it is. */
export async function mismatch(
  database: IndexDatabase,
  pieces: PieceFiles,
  witness: IndexWitness,
): Promise<string | undefined> {
  const head = await database.head();
  return (
    headFault(head) ??
    (await segmentFault(database, witness, head?.segments ?? 0)) ??
    (await pieceFault(database, pieces)) ??
    (await restFault(database)) ??
    ledgerFault(head, witness)
  );
}

function headFault(head: IndexHead | undefined): string | undefined {
  const schema: string | undefined = head?.schema;
  if (schema === EMPTY_HEAD.schema) return undefined;
  if (schema === undefined) return 'the index has no head';
  return `the index has the format ${schema}, of another version of Weir; this one writes ${EMPTY_HEAD.schema}`;
}

async function segmentFault(
  database: IndexDatabase,
  witness: IndexWitness,
  expected: number,
): Promise<string | undefined> {
  let count = 0;
  for await (const [, value] of database.list('segment')) {
    const { seq, sha256, ends, bytes } = value as StoredSegment;
    const known = witness.segment(seq);
    if (known === undefined || (ends && known.sha256 !== sha256))
      return `segment ${seq} is not the one the ledger names`;
    // After a power cut: what was read had not reached the card.
    if (!ends && (known.bytes ?? bytes) < bytes) return `segment ${seq} is shorter than what was read of it`;
    if (ends) count++;
  }
  return count === expected ? undefined : `the index holds ${count} segments and should hold ${expected}`;
}

async function pieceFault(database: IndexDatabase, pieces: PieceFiles): Promise<string | undefined> {
  for await (const [key, value] of database.list('device')) {
    const named = new Map(piecesOf(value as StoredDevice).map((ref) => [ref.id, ref]));
    for (const ref of named.values())
      if ((await pieces.read(ref)) === undefined) return `piece ${ref.id} of device ${key} is missing`;
  }
  return undefined;
}

async function restFault(database: IndexDatabase): Promise<undefined> {
  for (const name of ['hour', 'revision', 'flow', 'setting'] as const) for await (const _ of database.list(name));
}

function ledgerFault(head: IndexHead | undefined, witness: IndexWitness): string | undefined {
  const point = head?.ledger ?? null;
  return point === null || witness.previous(point.n) === point.previous
    ? undefined
    : `line ${point.n} of the ledger is not the one the index knew`;
}
