// Bundles that are asked for from afar (page, MQTT): made next to the captures, in `exports/` of the data folder, and fetched there by
// users who may read it, or at the page (kept-exports.ts). Few at a time, since nobody's retention counts them.

import fs from 'node:fs';
import path from 'node:path';
import { type ExportOptions, type ExportSelection, exportBundle } from '../capture/ledger/export.ts';
import { systemCode, WeirError } from '../model/errors.ts';
import { formatCompactUtc, systemClock } from '../model/time/clock.ts';
import type { CaptureClient } from './capture-client.ts';

export type { ExportSelection } from '../capture/ledger/export.ts';

export const EXPORTS_FOLDER = 'exports';
/** Bundles that nobody has removed yet; the next one is refused, because they take room on the card. */
export const MAX_EXPORTS = 16;

/** What was made, and where. */
export interface ExportMade {
  readonly folder: string;
  readonly segments: number;
  readonly bytes: number;
}

/** @throws WeirError DATA_FULL, DATA_UNWRITABLE; then nothing is left of it. */
export async function makeExport(
  dataDir: string,
  selection: ExportSelection,
  options: ExportOptions,
): Promise<ExportMade> {
  const folder = path.join(dataDir, EXPORTS_FOLDER);
  const made = existing(folder);
  if (made.length >= MAX_EXPORTS) {
    const message = `${folder} holds ${made.length} exports already. Nothing was exported. Move one away or remove it first.`;
    throw new WeirError('DATA_FULL', message);
  }
  const stamp = formatCompactUtc((options.clock ?? systemClock).wall());
  let name = stamp;
  for (let i = 2; made.includes(name); i++) name = `${stamp}-${i}`;
  const target = path.join(folder, name);
  const { files } = await exportBundle(dataDir, target, selection, options);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { folder: target, segments: files.length, bytes };
}

/** The line of custody that names it. @throws WeirError CAPTURE_UNREACHABLE, LEDGER_WAITS; the bundle stays. */
export async function noteExport(capture: CaptureClient, made: ExportMade, reason: string, by: string): Promise<void> {
  const detail = `${made.folder}: ${reason}`.slice(0, 256);
  await capture.ask({ verb: 'note', type: 'export', by, files: made.segments, detail });
}

/** Names of the bundles there; makes the folder where the package did not. */
function existing(folder: string): string[] {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
    return fs.readdirSync(folder);
  } catch (error) {
    const message = `${folder} cannot be made (${systemCode(error) ?? String(error)}). Nothing was exported. Check its owner.`;
    throw new WeirError('DATA_UNWRITABLE', message, { cause: error });
  }
}
