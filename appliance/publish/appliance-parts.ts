// What the answers are made from: the parts of a running appliance, joined by appliance.ts.

import type { Campaigns } from '../experiment/campaign/campaigns.ts';
import type { CaptureClient } from '../experiment/capture-client.ts';
import type { Comparisons } from '../experiment/comparisons.ts';
import type { Scans } from '../experiment/scan/scans.ts';
import type { Schedule } from '../experiment/schedule.ts';
import type { Verification } from '../experiment/verification.ts';
import type { FiguresThread } from '../experiment/windows/figures-thread.ts';
import type { ClockGuard } from '../health/clock-guard.ts';
import type { Doctor } from '../health/doctor/doctor.ts';
import type { Health } from '../health/health.ts';
import type { FreeFloor } from '../model/free-floor.ts';
import type { LiveAnalysis } from '../store/live-analysis.ts';
import type { KnownExports } from './answers/export-answers.ts';
import type { CaptureWatch } from './capture-watch.ts';
import type { Refusals } from './refusals.ts';
import type { MqttView, StatusResponse } from './schemas/status.ts';

export interface ApplianceParts {
  readonly id: string;
  readonly version: string;
  readonly started: string;
  readonly dataDir: string;
  /** What captures leave free; exports stop there too. */
  readonly floor: FreeFloor;
  readonly analysis: LiveAnalysis;
  readonly capture: CaptureClient;
  readonly campaigns: Campaigns;
  readonly figuresThread: FiguresThread;
  readonly comparisons: Pick<Comparisons, 'ask'>;
  readonly verification: Pick<Verification, 'state' | 'begin'>;
  readonly exports: KnownExports;
  readonly watch: CaptureWatch;
  readonly health: Health;
  readonly doctor: Doctor;
  readonly clockGuard: ClockGuard;
  readonly schedule: Schedule;
  readonly scans: Pick<Scans, 'list' | 'findings' | 'order' | 'interface' | 'networks'>;
  /** Whether the broker may ask for scans. */
  readonly scansByBroker: boolean;
  readonly refusals: Refusals;
  readonly mqtt: () => MqttView;
  readonly notifications: () => StatusResponse['notifications'];
  /** What first boot has to say, one line each. */
  readonly bootWarnings: readonly string[];
}
