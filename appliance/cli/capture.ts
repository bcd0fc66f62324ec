// weir capture: the evidence path, in a process of its own.

import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.ts';
import { CAPTURE_RHYTHM, type CaptureSettings } from '../model/capture-settings.ts';
import { freeFloor } from '../model/free-floor.ts';
import { configOption } from './config-option.ts';

export function declareCapture(weir: Command): void {
  weir
    .command('capture')
    .description('Record what passes the access point, one pcap per device, until stopped.')
    .addOption(configOption())
    .action(run);
}

async function run(options: { config?: string }): Promise<void> {
  const [{ loadConfig }, { runCapture }, { version }] = await Promise.all([
    import('../config/load.ts'),
    import('../capture/main.ts'),
    import('../config/version.ts'),
  ]);
  await runCapture(captureSettings(loadConfig(options.config), version));
}

/** What the configuration says, in the words of capture. */
export function captureSettings({ config, sha256 }: LoadedConfig, version: string): CaptureSettings {
  const { capture, retention, data } = config;
  return {
    ...CAPTURE_RHYTHM,
    dataDir: data.dir,
    interface: capture.interface,
    engine: capture.engine,
    file: capture.file,
    replaySpeed: capture.speed === 0 ? 'flat' : capture.speed === 1 ? 'recorded' : capture.speed,
    filter: capture.filter,
    ringKiB: capture.ring_kib,
    snapLength: capture.snaplen,
    resolution: capture.resolution,
    segmentSeconds: capture.segment_seconds,
    segmentBytes: capture.segment_bytes,
    silentSeconds: capture.silent_seconds,
    syncSecondsIdle: capture.sync_seconds_idle,
    syncSecondsIntensive: capture.sync_seconds_intensive,
    flushMs: capture.flush_ms,
    queueBytes: capture.queue_bytes,
    maxDevices: capture.max_devices,
    infra: capture.infra_macs,
    phase: capture.phase,
    budgetBytes: retention.budget_bytes,
    floor: freeFloor(retention),
    freeInodeShare: retention.free_inodes_percent / 100,
    ballastBytes: retention.ballast_bytes,
    retentionIdle: retention.idle,
    retentionIntensive: retention.intensive,
    keepNewest: retention.keep_newest,
    maxAgeDays: retention.max_age_days,
    canarySeconds: capture.canary_seconds,
    version,
    configSha256: sha256,
  };
}
