// The dossier of one device of a running appliance: its documents, the ledger's times, and its files, put together.

import { withFindings } from '../experiment/scan/scan-findings.ts';
import type { Scans } from '../experiment/scan/scans.ts';
import { type DeviceKey, deviceId } from '../model/mac.ts';
import { type DossierFile, dossier } from '../reproduce/dossier/dossier.ts';
import { reportHtml } from '../reproduce/report/html.ts';
import type { ApplianceApi } from './appliance-api.ts';
import { EVER } from './http/asked-span.ts';

/** Compared side by side, if the device sent something in them. */
const PHASES = ['idle', 'intensive'] as const;
/** Newest first; the ledger holds all. */
const MAX_FILES = 1000;

type Asked = Pick<ApplianceApi, 'document' | 'segments' | 'windows'>;

/** Undefined for a device that was never seen. */
export async function deviceDossier(
  api: Asked,
  scans: Pick<Scans, 'list' | 'findings'>,
  device: DeviceKey,
): Promise<string | undefined> {
  const ofPackets = await api.document(device, 'all');
  if (ofPackets === undefined) return undefined;
  const document = withFindings(ofPackets, scans.findings);
  const phases = [];
  for (const phase of PHASES) {
    const part = await api.document(device, phase);
    if (part !== undefined && part.input.packets > 0) phases.push({ phase, document: part });
  }
  const { segments } = await api.segments({ device: deviceId(device), limit: MAX_FILES }, EVER);
  const files = segments.map(({ path, bytes, sha256, state }): DossierFile => ({ path, bytes, sha256, state }));
  const { windows } = api.windows.list({ device });
  // Nothing to compare.
  const both = phases.length > 1 ? phases : [];
  return reportHtml(dossier({ document, device, windows, scans: scans.list(null), files, phases: both }));
}
