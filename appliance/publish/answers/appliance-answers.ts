// Answers what page, metrics and broker ask (appliance-api.ts), from the store, capture's newest status and the machine's health.

import { join } from 'node:path';
import { readPlainFile } from '../../config/plain-file.ts';
import { packetView } from '../../decode/packet/packet-view.ts';
import type { CampaignView } from '../../experiment/campaign/campaign-view.ts';
import type { CampaignRow, CampaignSource } from '../../experiment/campaign/campaigns.ts';
import { parseWords } from '../../experiment/compare/selection.ts';
import { type ExportMade, type ExportSelection, makeExport, noteExport } from '../../experiment/make-export.ts';
import type { VerificationState } from '../../experiment/verification.ts';
import { processWrites } from '../../health/process-writes.ts';
import type { AnalysisDocument } from '../../model/analysis-document.ts';
import type { PacketBytes, PacketView } from '../../model/document/packet.ts';
import { WeirError } from '../../model/errors.ts';
import type { WindowAbout } from '../../model/experiment/window.ts';
import { type DeviceKey, deviceId, parseMac } from '../../model/mac.ts';
import type { Interaction, Phase } from '../../model/phase.ts';
import { parseSeconds } from '../../model/time/clock.ts';
import { isoText } from '../../model/time/iso-time.ts';
import { isPresent } from '../../store/figures/device-row.ts';
import type { FlowGroups, FlowQuestion } from '../../store/figures/flow-groups.ts';
import type { FlowWindow } from '../../store/index/flow-index.ts';
import { segmentFile } from '../../store/tail/segment-tail.ts';
import { EVERY_DEVICE } from '../../store/thread/traffic-meter.ts';
import type { ApplianceApi, PacketAsked, Scope, SegmentDownload } from '../appliance-api.ts';
import type { ApplianceParts } from '../appliance-parts.ts';
import { meantDevice } from '../device-word.ts';
import { FindingPeers } from '../finding-peer.ts';
import { findingRow } from '../finding-watch.ts';
import type { CustodyNote } from '../http/custody-notes.ts';
import type { MergedFile, Span } from '../http/merged-pcap.ts';
import { readLedgerPage, readLedgerText } from '../ledger-page.ts';
import { recordingView } from '../recording-view.ts';
import { orderScans, withScanFindings, withScanTotals } from '../scan-view.ts';
import type { LedgerResponse, SegmentsQuery, SegmentsResponse, WitnessResponse } from '../schemas/captures.ts';
import type { ComparisonAnswer } from '../schemas/comparison.ts';
import type { DeviceRow, HourNamesResponse, HourRow } from '../schemas/devices.ts';
import type { DoctorResponse } from '../schemas/doctor.ts';
import type { FindingRow } from '../schemas/findings.ts';
import type { HealthResponse } from '../schemas/health.ts';
import type { RecordingResponse } from '../schemas/recording.ts';
import type { ScanOrdered, ScanRequest } from '../schemas/scan.ts';
import type { OpenTag, StatusResponse } from '../schemas/status.ts';
import type { TrafficResponse } from '../schemas/traffic.ts';
import { firstPacketNs, SEGMENTS_PER_PAGE, segmentRow, selectSegments } from '../segment-rows.ts';
import { clockView, makeStatus, openTags, rowsAgeSeconds } from '../status-view.ts';
import { ExportAnswers } from './export-answers.ts';
import { FreshRows } from './fresh-rows.ts';
import { KeptFlows } from './kept-flows.ts';
import { KeptSummaries } from './kept-summaries.ts';
import { RegistryAnswers } from './registry-answers.ts';
import { WindowAnswers } from './window-answers.ts';

/** Key and head are small files. */
const MAX_WITNESS_BYTES = 64 * 1024;

export class ApplianceAnswers implements ApplianceApi {
  readonly id: string;
  readonly version: string;
  readonly windows: WindowAnswers;
  readonly registry: RegistryAnswers;
  readonly exports: ExportAnswers;
  readonly #parts: ApplianceParts;
  readonly #summaries: KeptSummaries;
  readonly #flows: KeptFlows;
  readonly #rows: FreshRows;

  constructor(parts: ApplianceParts) {
    this.#parts = parts;
    this.id = parts.id;
    this.version = parts.version;
    const { analysis, capture, figuresThread: thread } = parts;
    const { recorded, catalog, identities } = analysis;
    this.exports = new ExportAnswers(parts.exports, { version: parts.version, floor: parts.floor });
    this.registry = new RegistryAnswers(identities, capture);
    this.windows = new WindowAnswers({ recorded, catalog, identities, capture, thread, devices: () => this.devices() });
    this.#summaries = new KeptSummaries(
      (scope) => analysis.figures.everything(scope),
      () => analysis.figures.version,
    );
    this.#flows = new KeptFlows(() => analysis.figures.version);
    this.#rows = new FreshRows(
      () => analysis.figures,
      () => ({
        nowSecond: analysis.nowSecond,
        isBusy: analysis.load.lag_seconds > 0,
        isBeginning: analysis.isBeginning,
      }),
    );
  }

  status(): StatusResponse {
    const { analysis, scans } = this.#parts;
    return makeStatus(this.#parts, this.devices(), withScanTotals(analysis.figures.totals(), scans.findings));
  }

  devices(): DeviceRow[] {
    const { analysis, scans } = this.#parts;
    const now = analysis.traffic.now(performance.now());
    const found = scans.findings;
    return analysis.figures
      .rows()
      .map((row) => withScanFindings({ ...row, present: isPresent(row.last_seen, now) }, found));
  }

  document(device: DeviceKey, scope: Scope): Promise<AnalysisDocument | undefined> {
    return this.#parts.analysis.figures.document(device, scope);
  }

  refreshed(): Promise<void> {
    return this.#rows.wait();
  }

  rowsAgeSeconds(): number {
    return rowsAgeSeconds(this.#parts.analysis);
  }

  everything(scope: Scope): Promise<AnalysisDocument> {
    return this.#summaries.get(scope, performance.now());
  }

  gonePackets(device: DeviceKey | null, scope: Scope): Promise<number> {
    return this.#parts.analysis.figures.gone(device, scope);
  }

  async hours(device: DeviceKey): Promise<HourRow[] | undefined> {
    const { figures, nowSecond } = this.#parts.analysis;
    return figures.devices.includes(device) ? figures.hours(device, nowSecond) : undefined;
  }

  async hourNames(device: DeviceKey): Promise<HourNamesResponse['hours'] | undefined> {
    const { figures } = this.#parts.analysis;
    return figures.devices.includes(device) ? figures.names(device) : undefined;
  }

  flows(device: DeviceKey | null, window: FlowWindow, question: FlowQuestion): Promise<FlowGroups> {
    const asked = JSON.stringify([device, window, question]);
    return this.#flows.get(asked, () => this.#parts.analysis.figures.flows(device, window, question));
  }

  async comparison(key: DeviceKey | null, a: string, b: string): Promise<ComparisonAnswer> {
    for (const words of [a, b]) checkSelection(words);
    if (key !== null && !this.#parts.analysis.figures.devices.includes(key))
      throw new WeirError('DEVICE_UNKNOWN', `${deviceId(key)} was never seen; nothing was compared.`);
    const device = key === null ? null : parseMac(key);
    if (device === undefined) throw new WeirError('REQUEST_INVALID', NO_DEVICE);
    return { device, a, b, ...(await this.#parts.comparisons.ask(device, a, b)) };
  }

  traffic(device: DeviceKey | null, seconds: number): TrafficResponse {
    const window = this.#parts.analysis.traffic.window(device ?? EVERY_DEVICE, seconds, performance.now());
    return {
      device: device === null ? null : deviceId(device),
      step_seconds: 1,
      ...window,
      from: Math.max(0, window.from),
    };
  }

  recording(since: number): RecordingResponse {
    return recordingView(this.#parts.analysis.recorded, this.#parts.watch, since);
  }

  async segments(query: SegmentsQuery, span: Span): Promise<SegmentsResponse> {
    const { catalog, store } = this.#parts.analysis;
    const selected = selectSegments(catalog.all(), query, span);
    const page = selected.slice(0, query.limit ?? SEGMENTS_PER_PAGE);
    const rows = page.map(async (segment) => segmentRow(segment, await store.segment(segment.seq)));
    return { segments: await Promise.all(rows), total: selected.length };
  }

  download(seq: number): SegmentDownload | undefined {
    const segment = this.#parts.analysis.catalog.get(seq);
    if (segment === undefined || segment.state === 'deleted' || segment.state === 'empty') return undefined;
    if (segment.state === 'open') {
      throw new WeirError(
        'SEGMENT_OPEN',
        `Segment ${seq} is still being written. Switch the phase or rotate, then download it.`,
      );
    }
    const fileName = segment.path.slice(segment.path.lastIndexOf('/') + 1);
    return { path: segmentFile(this.#parts.dataDir, segment.path), fileName, sha256: segment.sha256, seq };
  }

  async mergedFiles(devices: readonly DeviceKey[], span: Span, phase?: string): Promise<MergedFile[]> {
    const { catalog, store } = this.#parts.analysis;
    const files: MergedFile[] = [];
    for (const segment of catalog.all()) {
      if (segment.state === 'deleted' || segment.state === 'empty') continue;
      if (devices.length > 0 && !devices.includes(segment.device)) continue;
      if (phase !== undefined && segment.phase !== phase) continue;
      const { seq, path, sha256 } = segment;
      const fromNs = firstPacketNs(path);
      if (fromNs >= span.to) continue;
      const last = (await store.segment(seq))?.last_ts ?? null;
      const lastNs = last === null || sha256 === null ? undefined : parseSeconds(last);
      if (lastNs !== undefined && lastNs < span.from) continue;
      const file = segmentFile(this.#parts.dataDir, path);
      const fileName = path.slice(path.lastIndexOf('/') + 1);
      files.push({
        seq,
        device: segment.device,
        fileName,
        paths: sha256 === null ? [`${file}.part`, file] : [file],
        sha256,
        fromNs,
      });
    }
    return files.sort((a, b) => (a.fromNs === b.fromNs ? a.seq - b.seq : a.fromNs < b.fromNs ? -1 : 1));
  }

  async packet(seq: number, packet: number, { reveal, excerpt, by }: PacketAsked): Promise<PacketView> {
    const segment = this.#parts.analysis.catalog.get(seq);
    if (segment === undefined || segment.state === 'deleted' || segment.state === 'empty') {
      const message = `Segment ${seq} was deleted, or there never was one. Nothing was shown.`;
      throw new WeirError('PACKET_UNKNOWN', message);
    }
    const { path, sha256 } = segment;
    const bytes = await this.#parts.capture.ask({ verb: 'packet', path, sha256, packet, reveal, by });
    return packetView(bytes as PacketBytes, { segment: seq, checked: sha256 === null ? 'open' : 'same', excerpt });
  }

  async setAside(finding: string, reason: string, by: string): Promise<void> {
    await this.#parts.capture.ask({ verb: 'set-aside', finding, reason, by });
  }

  noteDownloads(note: CustodyNote): Promise<boolean> {
    return this.#parts.capture.ask({ verb: 'note', type: 'download', ...note }).then(
      () => true,
      // Taken, though not on the card yet: if repeated it would be there twice.
      (error: unknown) => error instanceof WeirError && error.code === 'LEDGER_WAITS',
    );
  }

  async ledger(after: number, limit: number): Promise<LedgerResponse> {
    const lines = await readLedgerPage(join(this.#parts.dataDir, 'ledger.ndjson'), after, limit);
    return { lines: lines.map((line) => ({ ...line })), head: this.#parts.analysis.ledgerHead };
  }

  ledgerText(after: number, bytes: number): Promise<string> {
    return readLedgerText(join(this.#parts.dataDir, 'ledger.ndjson'), after, bytes);
  }

  witness(): WitnessResponse {
    const read = (name: string) => readPlainFile(join(this.#parts.dataDir, name), MAX_WITNESS_BYTES, 'refused') ?? null;
    return { appliance: read('appliance.json'), head: read('ledger.head') };
  }

  async findings(device: DeviceKey | null): Promise<FindingRow[]> {
    const document = device === null ? await this.everything('all') : await this.document(device, 'all');
    if (document === undefined) return [];
    const { setAside } = this.#parts.analysis;
    const peers = new FindingPeers(document);
    const ofScans = this.#parts.scans.findings.filter((finding) => device === null || finding.device === device);
    const all = [...document.findings, ...ofScans];
    return all.map((finding) => findingRow(finding, setAside.of(finding.id), peers.of(finding)));
  }

  health(): HealthResponse {
    const { health, schedule, watch, started } = this.#parts;
    const capture = watch.status;
    return {
      sample: health.sample,
      inventory: health.inventory,
      clock: clockView(this.#parts),
      processes: [
        {
          name: 'appliance',
          pid: process.pid,
          state: 'running',
          started,
          memory_bytes: process.memoryUsage.rss(),
          written_bytes: processWrites(),
        },
        {
          name: 'capture',
          pid: capture?.pid ?? null,
          state: capture?.state ?? 'unreachable',
          started: capture === null ? null : isoText(capture.started),
          memory_bytes: capture?.memory_bytes ?? null,
          written_bytes: capture?.storage.written_bytes ?? null,
        },
      ],
      schedule: schedule.rows(),
    };
  }

  doctor(): DoctorResponse {
    const { doctor } = this.#parts;
    const { report } = doctor;
    return {
      state: doctor.isRunning ? 'running' : 'idle',
      report: report === null ? null : { ...report, checks: [...report.checks] },
    };
  }

  checkUp(): DoctorResponse {
    this.#parts.doctor.ask();
    return this.doctor();
  }

  async setPhase(phase: Phase, interaction: Interaction, note: string, by: string): Promise<void> {
    await this.#parts.capture.ask({ verb: 'phase', phase, interaction, by, note });
    await this.#parts.watch.ask();
  }

  async startTag(tag: string, device: DeviceKey | null, by: string, about: WindowAbout): Promise<void> {
    await this.#parts.capture.ask({ verb: 'tag-start', tag, device, by, ...about });
    await this.#parts.watch.ask();
  }

  async endTag(tag: string, how: 'stop' | 'cancel', by: string): Promise<void> {
    await this.#parts.capture.ask({ verb: how === 'stop' ? 'tag-stop' : 'tag-cancel', tag, by });
    await this.#parts.watch.ask();
  }

  tags(): OpenTag[] {
    return openTags(this.#parts.watch.status);
  }

  async rotate(): Promise<void> {
    await this.#parts.capture.ask({ verb: 'rotate' });
  }

  async pauseCapture(note: string, by: string): Promise<void> {
    await this.#parts.capture.ask({ verb: 'pause', by, note });
    await this.#parts.watch.ask();
  }

  async resumeCapture(by: string): Promise<void> {
    await this.#parts.capture.ask({ verb: 'resume', by });
    await this.#parts.watch.ask();
  }

  async scanPorts(request: ScanRequest, by: string): Promise<ScanOrdered> {
    if (!this.#parts.scansByBroker)
      throw new WeirError('REQUEST_INVALID', 'scans over MQTT are off (scan.mqtt); nothing was scanned');
    return orderScans(this.#parts.scans, request, () => this.devices(), by);
  }

  async annotate(text: string, by: string): Promise<void> {
    await this.#parts.capture.ask({ verb: 'annotate', by, text });
  }

  campaigns(): CampaignRow[] {
    return this.#parts.campaigns.rows();
  }

  campaign(): CampaignView | null {
    return this.#parts.campaigns.view();
  }

  startCampaign(source: CampaignSource, device: string | null, by: string): Promise<string> {
    return this.#parts.campaigns.begin(source, device, by, (word) => meantDevice(word, () => this.devices()));
  }

  orderCampaign(what: 'done' | 'skip' | 'abort', by: string): Promise<void> {
    return what === 'done' ? this.#parts.campaigns.confirm(by) : this.#parts.campaigns.order(what, by);
  }

  verification(): VerificationState {
    return this.#parts.verification.state;
  }

  verify(): VerificationState {
    return this.#parts.verification.begin();
  }

  async exportSegments(selection: ExportSelection, reason: string, by: string): Promise<ExportMade> {
    const { dataDir, version, capture, floor } = this.#parts;
    const made = await makeExport(dataDir, selection, { by, reason, version, floor });
    await noteExport(capture, made, reason, by);
    return made;
  }
}

const NO_DEVICE =
  'That is traffic of no single device, and only devices are compared. Nothing was compared; name one by its MAC.';

/** @throws WeirError REQUEST_INVALID */
function checkSelection(words: string): void {
  try {
    parseWords('', words, words);
  } catch (thrown) {
    if (thrown instanceof WeirError) throw new WeirError('REQUEST_INVALID', thrown.message);
    throw thrown;
  }
}
