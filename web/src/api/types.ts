// The API's words as the page uses them: types only, declared by the appliance beside its checks.

export type {
  AnalysisDocument,
  DocumentConversation,
  DocumentDestination,
  DocumentDevice,
  SourcedName,
} from '../../../appliance/model/analysis-document.ts';
export type { DoctorCheck, DoctorResponse } from '../../../appliance/publish/http/doctor-schema.ts';
export type { ClaimResponse } from '../../../appliance/publish/http/schemas/access.ts';
export type { LedgerResponse, SegmentRow, SegmentsResponse } from '../../../appliance/publish/http/schemas/captures.ts';
export type { DeviceRow, DevicesResponse, IdentityRequest } from '../../../appliance/publish/http/schemas/devices.ts';
export type { ServerEvents, TrafficParts, TrafficSecond } from '../../../appliance/publish/http/schemas/events.ts';
export type { PhaseRequest, PhaseResponse, TagRequest } from '../../../appliance/publish/http/schemas/experiment.ts';
export type { FindingRow, FindingsResponse } from '../../../appliance/publish/http/schemas/findings.ts';
export type { HealthResponse } from '../../../appliance/publish/http/schemas/health.ts';
export type { CaptureView, StatusResponse } from '../../../appliance/publish/http/schemas/status.ts';
export type { TrafficResponse } from '../../../appliance/publish/http/schemas/traffic.ts';
