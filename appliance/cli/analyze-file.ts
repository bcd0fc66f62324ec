// One capture file or folder to one document: reader → analyzer → renderer, with the tables of this installation.

import { statSync } from 'node:fs';
import { Analyzer } from '../analysis/analyzer.ts';
import { renderDocument } from '../analysis/document.ts';
import { openTables } from '../analysis/open-tables.ts';
import { readVault } from '../analysis/vault-file.ts';
import { version } from '../config/version.ts';
import type { AnalysisDocument, CaptureDamage } from '../model/analysis-document.ts';
import { printable } from '../model/text.ts';
import { analyzeFolder } from './analyze-folder.ts';
import { readCaptureFile } from './capture-file.ts';

export interface AnalyzedFile {
  readonly document: AnalysisDocument;
  /** One line each, for people. */
  readonly warnings: readonly string[];
}

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE, CONFIG_INVALID (vault) */
export async function analyzeFile(
  path: string,
  profile = 'curated',
  withHash = true,
  vaultPath?: string,
  home = '',
): Promise<AnalyzedFile> {
  const { tables, warnings } = openTables(version, profile, undefined, home);
  const vault = vaultPath === undefined ? undefined : readVault(vaultPath);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    const { source, summary, damaged } = await analyzeFolder(path, vault);
    const told = damaged.map((file) => describe(file.path, file.damage));
    return { document: renderDocument(summary, tables, source), warnings: [...warnings, ...told] };
  }
  const analyzer = new Analyzer({ owner: null, infra: [], vault });
  const file = await readCaptureFile(path, analyzer, withHash);
  const document = renderDocument(analyzer.summary(), tables, file);
  return { document, warnings: file.damage === null ? warnings : [...warnings, describe(path, file.damage)] };
}

function describe(path: string, damage: CaptureDamage): string {
  const where = `after packet ${damage.after_packet}, at byte ${damage.offset}`;
  return `${printable(path)} is damaged ${where}: ${damage.reason}. What stands before was analysed.`;
}
