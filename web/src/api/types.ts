// The API's words as the page uses them: types only, declared by the appliance next to its checks.

export type {
  AnalysisDocument,
  DocumentConversation,
  DocumentDestination,
  DocumentDevice,
  SourcedName,
} from '../../../appliance/model/analysis-document.ts';
export type { WindowFigures } from '../../../appliance/model/document/window-figures.ts';
export type {
  ClaimResponse,
  SessionsResponse,
  TokenRequest,
  TokenResponse,
  TokensResponse,
} from '../../../appliance/publish/schemas/access.ts';
export type { CampaignResponse, CampaignsResponse } from '../../../appliance/publish/schemas/campaign.ts';
export type { LedgerResponse, SegmentRow, SegmentsResponse } from '../../../appliance/publish/schemas/captures.ts';
export type { ComparisonAnswer } from '../../../appliance/publish/schemas/comparison.ts';
export type {
  DeviceRow,
  DevicesResponse,
  IdentityRequest,
  RegistryRequest,
} from '../../../appliance/publish/schemas/devices.ts';
export type { DoctorCheck, DoctorResponse } from '../../../appliance/publish/schemas/doctor.ts';
export type { ServerEvents, TrafficParts, TrafficSecond } from '../../../appliance/publish/schemas/events.ts';
export type { PhaseRequest, PhaseResponse, TagRequest } from '../../../appliance/publish/schemas/experiment.ts';
export type { ExportsResponse } from '../../../appliance/publish/schemas/exports.ts';
export type { FindingRow, FindingsResponse } from '../../../appliance/publish/schemas/findings.ts';
export type { FlowGroupRow as FlowGroup, FlowsResponse } from '../../../appliance/publish/schemas/flows.ts';
export type { HealthResponse } from '../../../appliance/publish/schemas/health.ts';
export type { RecordingResponse } from '../../../appliance/publish/schemas/recording.ts';
export type { ScanDetail, ScanOrdered, ScanRow, ScansResponse } from '../../../appliance/publish/schemas/scan.ts';
export type { DeviceSentences, SentencesResponse } from '../../../appliance/publish/schemas/sentences.ts';
export type { CaptureView, StatusResponse } from '../../../appliance/publish/schemas/status.ts';
export type { TrafficResponse } from '../../../appliance/publish/schemas/traffic.ts';
export type { VerificationResponse } from '../../../appliance/publish/schemas/verification.ts';
export type { MarkRequest, WindowsResponse } from '../../../appliance/publish/schemas/windows.ts';
