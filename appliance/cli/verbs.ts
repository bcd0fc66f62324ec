// The table of contents of the command line: each verb is declared in a file of its own and loads what it needs when
// it is called, so that `weir capture` never links what only the appliance needs.

import { declareAnalyze } from './analyze/analyze.ts';
import { declareAp } from './ap.ts';
import { declareAppliance } from './appliance.ts';
import { declareCaptures } from './ask/captures.ts';
import { declareCert } from './ask/cert.ts';
import { declareDocuments } from './ask/documents.ts';
import { declareFindings } from './ask/findings.ts';
import { declareFlows } from './ask/flows.ts';
import { declareMosquitto } from './ask/mosquitto.ts';
import { declareNotify } from './ask/notify.ts';
import { declareScan } from './ask/scan.ts';
import { declareTag } from './ask/tag.ts';
import { declareToken } from './ask/token.ts';
import { declareCapture } from './capture.ts';
import { declareDiff } from './compare/diff.ts';
import { declareCompletion } from './completion.ts';
import { declareConfig } from './config.ts';
import { declareDevices } from './devices.ts';
import { declareDoctor } from './doctor.ts';
import { declareEnt } from './ent.ts';
import { declareCampaign } from './experiment/campaign.ts';
import { declareFigures } from './experiment/figures.ts';
import { declarePhase } from './experiment/phase.ts';
import { declareProxy } from './experiment/proxy.ts';
import { declareRegistry } from './experiment/registry.ts';
import { declareRunAction } from './experiment/run-action.ts';
import { declareScanWorker } from './experiment/scan-worker.ts';
import { declareSteer } from './experiment/steer.ts';
import { declareWindows } from './experiment/windows.ts';
import { declareExport } from './export.ts';
import { declareGeo } from './geo.ts';
import { declarePacket } from './packet.ts';
import { declareProvision } from './provision.ts';
import { declareArchive } from './pull/archive.ts';
import { declarePull } from './pull/pull.ts';
import { declareRebuild } from './rebuild.ts';
import { declareReplay } from './replay.ts';
import { declareReport } from './reproduce/report.ts';
import { declareReproduce } from './reproduce/reproduce.ts';
import { declareShell } from './reproduce/shell.ts';
import { declareRules } from './rules.ts';
import { runWeir } from './run-weir.ts';
import { declareStatus } from './status.ts';
import { declareBackup, declareMove, declareRestore } from './upkeep/backup.ts';
import { declareForget } from './upkeep/forget.ts';
import { declareUpdate } from './upkeep/update.ts';
import { declareVerify } from './verify.ts';

/** In the order in which they are met. */
export const VERBS = [
  declareCapture,
  declareAppliance,
  declareAnalyze,
  declareDiff,
  declareShell,
  declareReport,
  declareReproduce,
  declareReplay,
  declareRebuild,
  declareDoctor,
  declareStatus,
  declareDevices,
  declareRegistry,
  declareFlows,
  declareFindings,
  declareDocuments,
  declareCaptures,
  declareScan,
  declareScanWorker,
  declareTag,
  declareWindows,
  declareFigures,
  declareToken,
  declarePhase,
  declareSteer,
  declareCampaign,
  declareRunAction,
  declareVerify,
  declareExport,
  declarePull,
  declareArchive,
  declarePacket,
  declareEnt,
  declareGeo,
  declareRules,
  declareAp,
  declareCert,
  declareMosquitto,
  declareNotify,
  declareConfig,
  declareBackup,
  declareRestore,
  declareMove,
  declareForget,
  declareUpdate,
  declareProxy,
  declareProvision,
  declareCompletion,
] as const;

export const weir = (): Promise<void> => runWeir(VERBS);
