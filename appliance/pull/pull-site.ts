// Everything of one appliance, in the order in which it must come: who it is, its ledger up to a signed end, the files that the ledger
// names, then what the appliance makes of them. Each part is whole or as it was before.

import fs from 'node:fs';
import { join } from 'node:path';
import { parseHead } from '../capture/ledger/ledger-chain.ts';
import { keyFingerprint } from '../capture/ledger/minisign.ts';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readRegularJson } from '../capture/storage/regular-file.ts';
import { WeirError } from '../model/errors.ts';
import { expectOnly, MALFORMED } from '../model/expected-error.ts';
import { printable } from '../model/text.ts';
import type { SessionResponse } from '../publish/schemas/access.ts';
import type { SegmentsResponse, WitnessResponse } from '../publish/schemas/captures.ts';
import type { FindingRow } from '../publish/schemas/findings.ts';
import type { Archive, SiteRecord } from './archive.ts';
import type { Bandwidth } from './bandwidth.ts';
import { HostLine, type LineCost } from './host-line.ts';
import type { HostName } from './host-name.ts';
import { pullFigures } from './pull-figures.ts';
import { pullFlows } from './pull-flows.ts';
import { type Forgotten, followForgotten } from './pull-forgotten.ts';
import { pullSegments, type SegmentTally } from './pull-segments.ts';
import { pullTables, rowsOrigin } from './pull-tables.ts';
import type { PullSelection } from './selection.ts';
import { refused, SiteLedger, type Taken } from './site-ledger.ts';

export interface PullWish {
  readonly archive: Archive;
  readonly host: HostName;
  readonly token: string;
  /** Of the page's public key, where somebody compared it; hexadecimal. */
  readonly fingerprint?: string;
  readonly selection: PullSelection;
  readonly bandwidth: Bandwidth;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly progress?: (host: string, step: string, done: number, of: number) => void;
  /** Hears one line of what a person should know and did not stop the pull. */
  readonly said?: (message: string) => void;
  readonly waitMs?: (attempt: number) => number;
  readonly signal?: AbortSignal;
}

export interface Pulled extends SegmentTally {
  readonly host: string;
  readonly site: string;
  readonly appliance: string;
  readonly ledger: Taken;
  readonly ledgerLines: number;
  /** Files of hourly rows that were written, corrections among them. */
  readonly rowFiles: number;
  /** Devices that were forgotten there: what the archive had of them is removed, or held. */
  readonly forgotten: readonly Forgotten[];
  /** Its analysis has not read all segments yet: figures are of less than the ledger lists, and no hourly rows were written. */
  readonly isBehind: boolean;
  readonly cost: LineCost;
}

/** @throws WeirError SITE_UNREACHABLE, SITE_REFUSED, REQUEST_INVALID, ARCHIVE_INVALID, ALREADY_RUNNING; what came before is kept. */
export async function pullSite(wish: PullWish): Promise<Pulled> {
  const { archive, host } = wish;
  const seen = { page_key: '' };
  const line = new HostLine({
    ...wish,
    pin: (fingerprint) => {
      checkPageKey(wish, fingerprint);
      seen.page_key = fingerprint;
    },
  });
  let site: string | undefined;
  try {
    const who = await line.json<SessionResponse>('/api/v1/session');
    const shown = await readWitness(line);
    const known = { page_key: seen.page_key, site: checkSite(wish, shown.site) };
    archive.rememberHost(host.key, known, wish.fingerprint !== undefined);
    site = shown.site;
    const unlock = archive.lock(site, wish.said);
    try {
      return await pullAll(wish, line, shown, { id: who?.appliance ?? '', version: who?.version ?? '' });
    } finally {
      unlock();
    }
  } catch (thrown) {
    if (thrown instanceof WeirError && thrown.code === 'SITE_REFUSED') throw await tellRefusal(wish, site, thrown);
    throw thrown;
  } finally {
    line.close();
  }
}

interface Shown {
  readonly site: string;
  readonly publicKey: string;
  readonly applianceFile: string;
  readonly headFile: string;
}

async function readWitness(line: HostLine): Promise<Shown> {
  const witness = await line.json<WitnessResponse>('/api/v1/witness');
  if (witness === undefined) throw refused('it does not serve its signed ledger: its version is older than this one');
  const { public_key: publicKey } = parseObject(witness.appliance ?? '');
  const site = typeof publicKey === 'string' ? keyFingerprint(publicKey) : undefined;
  if (site === undefined || typeof publicKey !== 'string') throw refused('it shows no evidence key');
  if (witness.head === null) throw refused('it has no signed ledger yet; has capture ever run there');
  return { site, publicKey, applianceFile: witness.appliance ?? '', headFile: witness.head };
}

async function pullAll(
  wish: PullWish,
  line: HostLine,
  shown: Shown,
  who: { id: string; version: string },
): Promise<Pulled> {
  const { archive, host, selection } = wish;
  const folder = archive.siteFolder(shown.site);
  const now = new Date(wish.now()).toISOString();
  const progress = (step: string) => (done: number, of: number) => wish.progress?.(host.key, step, done, of);
  await keepOnce(join(folder, 'appliance.json'), shown.applianceFile);
  const ledger = await SiteLedger.open(folder, shown.publicKey);
  const head = parseHead(shown.headFile);
  if (head === undefined) throw refused('the signed end of its ledger is none');
  const before = ledger.chain.lines;
  const taken = await ledger.take({
    head,
    headFile: shown.headFile,
    now,
    text: async (after) => {
      progress('ledger')(after - before, Math.max(1, head.lines - before));
      return (await line.bytes(`/api/v1/ledger.ndjson?after=${after}`))?.toString('utf8') ?? '';
    },
  });
  const origin = rowsOrigin(shown.site, ledger, wish.now());
  const forgotten = await followForgotten(archive.folder, folder, ledger.book, origin);
  // Rules name segments by their findings: those of now.
  const findings = selection.rules === undefined ? [] : await findingsOf(line);
  const tally = await pullSegments({
    folder,
    line,
    book: ledger.book,
    selection,
    findings,
    progress: progress('segments'),
  });
  // Asked before the figures: they then cover at least that.
  const isBehind = await isAnalysisBehind(line, ledger);
  const figures = await pullFigures(folder, line);
  const flows = isBehind ? undefined : await pullFlows(folder, line, figures.byDevice);
  const rowFiles = isBehind ? 0 : await pullTables(archive.folder, shown.site, figures, flows, ledger, wish.now());
  const record: SiteRecord = {
    schema: 'weir.site/1',
    site: shown.site,
    appliance: who.id,
    version: who.version,
    host: host.key,
    last_pull: now,
    last_refusal: tally.altered.length === 0 ? null : { ts: now, why: tally.altered.join('; ').slice(0, 2000) },
  };
  await archive.writeRecord(record);
  return {
    ...tally,
    host: host.key,
    site: shown.site,
    appliance: who.id,
    ledger: taken,
    ledgerLines: ledger.chain.lines,
    rowFiles,
    forgotten,
    isBehind,
    cost: line.cost,
  };
}

/** After a start or a rebuild figures grow from zero: rows of such figures would be corrections of what was right. */
async function isAnalysisBehind(line: HostLine, { book }: SiteLedger): Promise<boolean> {
  const present = [...book.segments.values()].filter(({ isDeleted }) => !isDeleted);
  const known = new Set<number>();
  for (let before: number | undefined; ; ) {
    const page = await line.json<SegmentsResponse>(
      `/api/v1/segments?limit=1000${before === undefined ? '' : `&before=${before}`}`,
    );
    const rows = page?.segments ?? [];
    for (const { seq, analysed, state } of rows) if (analysed || state === 'deleted') known.add(seq);
    before = rows.at(-1)?.seq;
    if (before === undefined || rows.length < 1000) break;
  }
  return present.some(({ seq }) => !known.has(seq));
}

async function findingsOf(line: HostLine): Promise<readonly FindingRow[]> {
  return (await line.json<{ findings: FindingRow[] }>('/api/v1/findings'))?.findings ?? [];
}

/** Who an appliance is never changes under its key. */
async function keepOnce(file: string, text: string): Promise<void> {
  fs.mkdirSync(join(file, '..'), { recursive: true, mode: 0o750 });
  if (readRegularJson(file, 64 * 1024) === undefined) await writeDurably(nodeDisk, file, text);
}

function checkPageKey({ archive, host, fingerprint }: PullWish, shown: string): void {
  const known = archive.hosts()[host.key]?.page_key;
  const expected = fingerprint ?? known;
  if (expected === undefined || shown.startsWith(expected)) return;
  const which = fingerprint === undefined ? 'that this archive has known since its first pull' : 'that was given';
  throw refused(
    `its page shows the public key ${shown}, not ${expected} ${which}: another machine answers, or its key was regenerated. No token was sent. Where that is right, compare the fingerprint on its page or console and pass it with --fingerprint`,
  );
}

/** A host that was one appliance and is another now is said so, not taken for it. */
function checkSite({ archive, host, fingerprint }: PullWish, site: string): string {
  const known = archive.hosts()[host.key]?.site;
  if (known === undefined || known === null || known === site || fingerprint !== undefined) return site;
  throw refused(
    `it signs with the evidence key ${site}, and was the appliance with ${known}: another machine, or its data folder was recreated. Where that is right, pass the fingerprint of its page with --fingerprint`,
  );
}

/** The refusal with the host's name, and noted in the archive where the site is known. */
async function tellRefusal(
  { archive, host, now }: PullWish,
  site: string | undefined,
  thrown: WeirError,
): Promise<WeirError> {
  const known = site ?? archive.hosts()[host.key]?.site ?? undefined;
  const record = known === undefined ? undefined : archive.record(known);
  const ts = new Date(now()).toISOString();
  if (record !== undefined) await archive.writeRecord({ ...record, last_refusal: { ts, why: thrown.message } });
  const message = `${host.key}: ${printable(thrown.message, 1000)}. Refused; the archive keeps what it had.`;
  return new WeirError('SITE_REFUSED', message, { cause: thrown });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (thrown) {
    expectOnly(thrown, 'reading what an appliance says of itself', ...MALFORMED);
    return {};
  }
}
