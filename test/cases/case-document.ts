// The small inputs of the field, which are never part of the repository, through the whole analysis. Tests skip loudly without them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { Vault } from '../../appliance/analysis/secrets/vault.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';

const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const CASES = resolve(process.env['WEIR_CASES'] ?? join(ROOT, '..', 'shared', 'cases'));

/** Reason to skip, or false. */
export const withoutCases: string | false = existsSync(join(CASES, 'INDEX.md'))
  ? false
  : `no cases at ${CASES}: set WEIR_CASES to the folder that holds INDEX.md`;

const { tables } = openTables('0');

/** Document of case `number`, e.g. `06`; `secret` is planted. */
export function caseDocument(number: string, secret?: string, file = 'input.pcap'): AnalysisDocument {
  const folder = readdirSync(CASES).find((name) => name.startsWith(`${number}-`)) ?? number;
  return fileDocument(readFileSync(join(CASES, folder, file)), secret);
}

/** Document of the bytes of a capture file. */
export function fileDocument(file: Uint8Array, secret?: string): AnalysisDocument {
  const vault = secret === undefined ? undefined : new Vault([{ name: 'planted', value: secret }]);
  const analyzer = new Analyzer({ owner: null, infra: [], ...(vault === undefined ? {} : { vault }) });
  const reader = new CaptureReader(analyzer);
  reader.push(file);
  const source = { path: 'x', bytes: file.length, sha256: null, format: 'pcap', damage: null, digits: 6 } as const;
  return renderDocument(analyzer.summary(), tables, source);
}

/** Document of Ethernet frames, a millisecond apart. */
export function framesDocument(frames: readonly Uint8Array[], secret?: string): AnalysisDocument {
  const vault = secret === undefined ? undefined : new Vault([{ name: 'planted', value: secret }]);
  const analyzer = new Analyzer({ owner: null, infra: [], ...(vault === undefined ? {} : { vault }) });
  for (const [i, bytes] of frames.entries()) {
    analyzer.frame(
      bytes,
      0,
      bytes.length,
      1_795_000_000 + Math.floor(i / 1000),
      (i % 1000) * 1_000_000,
      bytes.length,
      1,
    );
  }
  const source = { path: 'x', bytes: 0, sha256: null, format: 'pcap', damage: null, digits: 9 } as const;
  return renderDocument(analyzer.summary(), tables, source);
}

/** Rules of a document's findings, in order. */
export function rulesOf(document: AnalysisDocument): string[] {
  return [...new Set(document.findings.map(({ rule }) => rule))].sort();
}
