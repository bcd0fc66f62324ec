// What goes with an export: who took what, when, and where the ledger stood. Written by export.ts, read by verify.ts.

export interface CustodyRecord {
  readonly schema: 'weir.custody/1';
  readonly appliance: string;
  readonly exported: string;
  /** Who asked for it, as told. */
  readonly by: string;
  readonly reason: string;
  readonly version: string;
  readonly selection: { devices: readonly string[]; phases: readonly string[]; from: string | null; to: string | null };
  /** `omitted` lines concern others: only their hashes are there. */
  readonly ledger: { readonly lines: number; readonly head_sha256: string; readonly omitted: number };
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
}
