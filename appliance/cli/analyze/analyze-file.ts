// Capture files and folders to one document: reader → analyzer → renderer, with the tables of this installation. A file's
// document is made as it is written, so that the length of a capture does not decide how much memory it takes.

import { realpathSync, statSync } from 'node:fs';
import { Analyzer, type AnalyzerContext } from '../../analysis/analyzer.ts';
import { openTables } from '../../analysis/document/open-tables.ts';
import type { DocumentTables } from '../../analysis/document/tables.ts';
import { loadRules } from '../../analysis/platforms/rule-folder.ts';
import { type StreamedDocument, streamDocument, streamSummary, wholeDocument } from '../../analysis/render-document.ts';
import { readVault } from '../../analysis/secrets/vault-file.ts';
import { readWords } from '../../analysis/secrets/word-file.ts';
import { version } from '../../config/version.ts';
import { registryIdentities } from '../../experiment/registry/registry-file.ts';
import type { AnalysisDocument, CaptureDamage, DocumentFile, FurtherHeaders } from '../../model/analysis-document.ts';
import { WeirError } from '../../model/errors.ts';
import type { Mac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import type { ConfirmedIdentities } from '../../model/user-identity.ts';
import { readCaptureFile, unreadable } from '../files/capture-file.ts';
import { withChannels } from '../files/phone-capture.ts';
import { SleepFile } from '../files/sleep-file.ts';
import { readStandardInput, STANDARD_INPUT } from '../files/standard-input.ts';
import { analyzeFolder, analyzePaths, findCaptures } from './analyze-folder.ts';

export interface AnalyzedFile {
  readonly document: AnalysisDocument;
  /** One line each, for people. */
  readonly warnings: readonly string[];
}

export interface AnalysisRequest {
  /** Files and folders; `-` alone is standard input. */
  readonly paths: readonly string[];
  readonly profile?: string;
  readonly withHash?: boolean;
  readonly vault?: string | undefined;
  /** The user's word list. */
  readonly words?: string | undefined;
  /** Folder of the operator's platform rules; empty for none. */
  readonly rules?: string;
  /** What people say the devices are. */
  readonly registry?: string | undefined;
  /** A capture that was made on a phone, and whose phone it is. */
  readonly phone?: { readonly path: string; readonly owner: Mac } | undefined;
  /** Country of the home, empty where it is not known. */
  readonly home?: string;
  /** Of files that do not say it themselves. */
  readonly routers?: readonly Mac[];
}

type Take<T> = (document: StreamedDocument, warnings: readonly string[]) => T;

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE, CONFIG_INVALID (vault, words, rules) */
export async function analyzeFile(
  path: string,
  profile = 'curated',
  withHash = true,
  vault?: string,
  home = '',
): Promise<AnalyzedFile> {
  return await withAnalysis({ paths: [path], profile, withHash, vault, home }, (streamed, warnings) => ({
    document: wholeDocument(streamed),
    warnings,
  }));
}

/** Hands the document to `take`, which takes it whole or bit by bit before it returns. */
export async function withAnalysis<T>(request: AnalysisRequest, take: Take<T>): Promise<T> {
  const { phone, registry, profile } = request;
  if (phone === undefined && registry === undefined) return await analyzePath(request, take);
  const joined = phone === undefined ? undefined : { owner: phone.owner, ...(await analyzeFile(phone.path, profile)) };
  return await analyzePath(request, (streamed, warnings) => take(withChannels(streamed, joined), warnings));
}

async function analyzePath<T>(request: AnalysisRequest, take: Take<T>): Promise<T> {
  const { paths, profile = 'curated', home = '', routers = [], rules = '' } = request;
  const { tables, warnings } = openTables(version, profile, undefined, home, await loadRules(rules));
  const vault = request.vault === undefined ? undefined : readVault(request.vault);
  const words = request.words === undefined ? undefined : readWords(request.words, true);
  const identities = request.registry === undefined ? {} : registryIdentities(request.registry);
  const [path = '', ...others] = paths;
  if (others.length === 0 && !isFolder(path)) {
    return await takeFile(path, request, { tables, identities }, { vault, words }, warnings, take);
  }
  const reading = { withHash: request.withHash ?? true, vault, words, routers };
  const { source, summary } =
    others.length === 0
      ? await analyzeFolder(path, reading)
      : await analyzePaths(`${path} and ${others.length} more`, capturesNamed(paths), reading);
  return take(streamSummary(summary, tables, { ...source, identities }), [
    ...warnings,
    ...source.files.flatMap(describeFile),
  ]);
}

function isFolder(path: string): boolean {
  return path !== STANDARD_INPUT && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A file that is named twice, or lies in a folder that is named too, is read once. @throws WeirError USAGE, FILE_UNREADABLE */
function capturesNamed(paths: readonly string[]): string[] {
  if (paths.includes(STANDARD_INPUT))
    throw new WeirError('USAGE', 'Standard input (-) is read alone, without other files; nothing was analysed.');
  const files = new Map<string, string>();
  for (const path of paths.flatMap((named) => (isFolder(named) ? findCaptures(named) : [named]))) {
    try {
      files.set(realpathSync(path), path);
    } catch (thrown) {
      throw unreadable(path, thrown);
    }
  }
  return [...files.values()];
}

function describeFile({ path, damage, left_out: leftOut, further_headers }: DocumentFile): string[] {
  if (leftOut !== null) return [`${printable(leftOut)} It is left out; the other files are analysed.`];
  return [...describeHeaders(path, further_headers), ...describeDamage(path, damage)];
}

async function takeFile<T>(
  path: string,
  { withHash = true, routers = [] }: AnalysisRequest,
  { tables, identities }: { readonly tables: DocumentTables; readonly identities: ConfirmedIdentities },
  searched: Pick<AnalyzerContext, 'vault' | 'words'>,
  warnings: readonly string[],
  take: Take<T>,
): Promise<T> {
  const sleepers = new SleepFile();
  try {
    const analyzer = new Analyzer({ owner: null, infra: routers, ...searched, sleepers });
    const file =
      path === STANDARD_INPUT
        ? await readStandardInput(analyzer, withHash)
        : await readCaptureFile(path, analyzer, withHash);
    const { part, conversations } = analyzer.parts();
    const reported = [
      ...warnings,
      ...describeHeaders(path, file.further_headers),
      ...describeDamage(path, file.damage),
    ];
    return take(streamDocument(part, conversations, tables, { ...file, identities }), reported);
  } finally {
    sleepers.close();
  }
}

function describeDamage(path: string, damage: CaptureDamage | null): string[] {
  return damage === null ? [] : [describe(path, damage)];
}

function describeHeaders(path: string, further: FurtherHeaders | undefined): string[] {
  if (further === undefined) return [];
  const { count, offset, after_packet } = further;
  const times = count === 1 ? 'another file header' : `${count} further file headers, the first`;
  return [
    `${printable(path)} holds ${times} at byte ${offset}, after packet ${after_packet}: files were joined end to end. All were read.`,
  ];
}

function describe(path: string, damage: CaptureDamage): string {
  const where = `after packet ${damage.after_packet}, at byte ${damage.offset}`;
  return `${printable(path)} is damaged ${where}: ${damage.reason}. The part before it was analysed.`;
}
