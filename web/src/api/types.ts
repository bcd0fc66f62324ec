// The API's words as the page uses them: types only, declared by the appliance beside its checks.

export type {
  AnalysisDocument,
  DocumentConversation,
  DocumentDestination,
  DocumentDevice,
  SourcedName,
} from '../../../appliance/model/analysis-document.ts';
export type { DoctorCheck, DoctorResponse } from '../../../appliance/publish/http/doctor-schema.ts';
export type {
  CaptureView,
  ClaimResponse,
  DeviceRow,
  DevicesResponse,
  FindingRow,
  FindingsResponse,
  HealthResponse,
  IdentityRequest,
  LedgerResponse,
  PhaseRequest,
  PhaseResponse,
  SegmentRow,
  SegmentsResponse,
  ServerEvents,
  StatusResponse,
  TagRequest,
  TrafficParts,
  TrafficResponse,
  TrafficSecond,
} from '../../../appliance/publish/http/schemas.ts';
