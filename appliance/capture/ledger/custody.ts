// What goes with an export: who took what, when, and the ledger's position. Written by export.ts, read by verify.ts.

export interface CustodyRecord {
  readonly schema: 'weir.custody/1';
  readonly appliance: string;
  readonly exported: string;
  /** Who asked for it, as given. */
  readonly by: string;
  readonly reason: string;
  readonly version: string;
  readonly selection: { devices: readonly string[]; phases: readonly string[]; from: string | null; to: string | null };
  /** `omitted` lines concern others: only their hashes are there. */
  readonly ledger: { readonly lines: number; readonly head_sha256: string; readonly omitted: number };
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[];
}

/** A record with fields of the right kinds; undefined for anything else. */
export function parseCustody(value: Record<string, unknown> | undefined): CustodyRecord | undefined {
  const { appliance, files, ledger, selection } = (value ?? {}) as Partial<CustodyRecord>;
  const isWhole = [appliance, ledger?.head_sha256].every((text) => typeof text === 'string');
  if (!isWhole || !Array.isArray(files) || !files.every(isFile) || !Number.isSafeInteger(ledger?.lines))
    return undefined;
  if (!Array.isArray(selection?.devices) || !Array.isArray(selection.phases)) return undefined;
  return value as unknown as CustodyRecord;
}

function isFile(value: unknown): boolean {
  const { path, sha256, bytes } = (value ?? {}) as Partial<CustodyRecord['files'][number]>;
  return typeof path === 'string' && typeof sha256 === 'string' && Number.isSafeInteger(bytes);
}
