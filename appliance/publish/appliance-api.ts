// What the page, the metrics and the broker may know and ask: one interface between the appliance and its publishers.
// appliance-answers.ts answers it from store, health and capture; tests answer it themselves.

import type { CampaignView } from '../experiment/campaign/campaign-view.ts';
import type { CampaignRow, CampaignSource } from '../experiment/campaign/campaigns.ts';
import type { ExportMade, ExportSelection } from '../experiment/make-export.ts';
import type { VerificationState } from '../experiment/verification.ts';
import type { AnalysisDocument } from '../model/analysis-document.ts';
import type { PacketView } from '../model/document/packet.ts';
import type { WindowAbout } from '../model/experiment/window.ts';
import type { DeviceKey } from '../model/mac.ts';
import type { Interaction, Phase } from '../model/phase.ts';
import type { FlowGroups, FlowQuestion } from '../store/figures/flow-groups.ts';
import type { FlowWindow } from '../store/index/flow-index.ts';
import type { ExportAnswers } from './answers/export-answers.ts';
import type { RegistryAnswers } from './answers/registry-answers.ts';
import type { WindowAnswers } from './answers/window-answers.ts';
import type { CustodyNote } from './http/custody-notes.ts';
import type { MergedFile, Span } from './http/merged-pcap.ts';
import type { LedgerResponse, SegmentsQuery, SegmentsResponse, WitnessResponse } from './schemas/captures.ts';
import type { ComparisonAnswer } from './schemas/comparison.ts';
import type { DeviceRow, HourNamesResponse, HourRow } from './schemas/devices.ts';
import type { DoctorResponse } from './schemas/doctor.ts';
import type { FindingRow } from './schemas/findings.ts';
import type { HealthResponse } from './schemas/health.ts';
import type { RecordingResponse } from './schemas/recording.ts';
import type { ScanOrdered, ScanRequest } from './schemas/scan.ts';
import type { OpenTag, StatusResponse } from './schemas/status.ts';
import type { TrafficResponse } from './schemas/traffic.ts';

export type Scope = Phase | 'all';

export interface SegmentDownload {
  /** Absolute path of a closed segment. */
  readonly path: string;
  readonly fileName: string;
  readonly sha256: string | null;
  readonly seq: number;
}

export interface PacketAsked {
  readonly reveal: boolean;
  /** Masked, of the finding that led there; empty without one. */
  readonly excerpt: string;
  readonly by: string;
}

export interface ApplianceApi {
  readonly id: string;
  readonly version: string;
  /** Until rows and totals are those of now; not for long (fresh-rows.ts). They are made only when somebody asks or listens. */
  refreshed(): Promise<void>;
  /** Since the oldest change that rows and totals do not show yet; 0 where they show all that is analysed. */
  rowsAgeSeconds(): number;
  /** As last refreshed. */
  status(): StatusResponse;
  devices(): DeviceRow[];
  /** Undefined for a device that was never seen. */
  document(device: DeviceKey, scope: Scope): Promise<AnalysisDocument | undefined>;
  everything(scope: Scope): Promise<AnalysisDocument>;
  /** Packets that an earlier index counted and whose files are deleted, of one device or of all (null): no document has them. */
  gonePackets(device: DeviceKey | null, scope: Scope): Promise<number>;
  hours(device: DeviceKey): Promise<HourRow[] | undefined>;
  hourNames(device: DeviceKey): Promise<HourNamesResponse['hours'] | undefined>;
  /** Of one device, or of all (null). */
  flows(device: DeviceKey | null, window: FlowWindow, question: FlowQuestion): Promise<FlowGroups>;
  traffic(device: DeviceKey | null, seconds: number): TrafficResponse;
  segments(query: SegmentsQuery, span: Span): Promise<SegmentsResponse>;
  /** Undefined where there is no such segment, or it was deleted. @throws WeirError SEGMENT_OPEN. */
  download(seq: number): SegmentDownload | undefined;
  /** One packet of a segment, seen as `seen` says. @throws WeirError PACKET_UNKNOWN, SEGMENT_ALTERED, REVEAL_TOO_OFTEN, CAPTURE_UNREACHABLE. */
  packet(seq: number, packet: number, seen: PacketAsked): Promise<PacketView>;
  /** Says in the ledger why a finding is known; an empty reason takes that back. */
  setAside(finding: string, reason: string, by: string): Promise<void>;
  /** Files that may hold packets of a device within a span, by their first packets. */
  /** Of these devices, of all where it is empty. */
  mergedFiles(devices: readonly DeviceKey[], span: Span, phase?: string): Promise<MergedFile[]>;
  /** Writes a line of custody into capture's ledger; false where capture does not answer. */
  noteDownloads(note: CustodyNote): Promise<boolean>;
  /** Windows of time: what the ledger says happened when, and marking one afterwards. */
  readonly windows: WindowAnswers;
  /** What differs between two selections, of one device or of all (null). @throws WeirError REQUEST_INVALID for words that select nothing */
  comparison(device: DeviceKey | null, a: string, b: string): Promise<ComparisonAnswer>;
  /** What people said the devices are, and saying it. */
  readonly registry: RegistryAnswers;
  /** Bundles of evidence that are made at the page. */
  readonly exports: ExportAnswers;
  /** Gaps, phases and tags since so many seconds since 1970. */
  recording(since: number): RecordingResponse;
  ledger(after: number, limit: number): Promise<LedgerResponse>;
  /** The lines behind number `after` verbatim from the file, about `bytes` of them. */
  ledgerText(after: number, bytes: number): Promise<string>;
  /** Who signs the ledger, and its signed end. */
  witness(): WitnessResponse;
  findings(device: DeviceKey | null): Promise<FindingRow[]>;
  health(): HealthResponse;
  /** The last check-up; asks nobody. */
  doctor(): DoctorResponse;
  /** Begins a check-up where none runs and the last one was some seconds ago. */
  checkUp(): DoctorResponse;
  /** These ask capture. @throws WeirError CAPTURE_UNREACHABLE, REQUEST_INVALID. */
  setPhase(phase: Phase, interaction: Interaction, note: string, by: string): Promise<void>;
  startTag(tag: string, device: DeviceKey | null, by: string, about: WindowAbout): Promise<void>;
  endTag(tag: string, how: 'stop' | 'cancel', by: string): Promise<void>;
  tags(): OpenTag[];
  rotate(): Promise<void>;
  /** Ends and begins capturing; the ledger records the gap, who and why. */
  pauseCapture(note: string, by: string): Promise<void>;
  resumeCapture(by: string): Promise<void>;
  /** Scans of ports, for the broker. @throws WeirError REQUEST_INVALID, also where `scan.mqtt` does not allow them. */
  scanPorts(request: ScanRequest, by: string): Promise<ScanOrdered>;
  /** A line in the ledger. */
  annotate(text: string, by: string): Promise<void>;
  /** Campaigns that could be started. */
  campaigns(): CampaignRow[];
  /** The newest run; null before the first. */
  campaign(): CampaignView | null;
  /** The name of the run. @throws WeirError REQUEST_INVALID with each mistake, DEVICE_UNKNOWN, DEVICE_AMBIGUOUS, CAPTURE_UNREACHABLE. */
  startCampaign(source: CampaignSource, device: string | null, by: string): Promise<string>;
  /** `done`: a person did what was asked for. @throws WeirError REQUEST_INVALID, CAPTURE_UNREACHABLE. */
  orderCampaign(what: 'done' | 'skip' | 'abort', by: string): Promise<void>;
  /** The last verification of the data folder, or the one that runs. */
  verification(): VerificationState;
  /** Begins one where none runs. */
  verify(): VerificationState;
  /** Makes a bundle in the data folder's `exports/`. @throws WeirError DATA_FULL, DATA_UNWRITABLE, REQUEST_INVALID. */
  exportSegments(selection: ExportSelection, reason: string, by: string): Promise<ExportMade>;
}
