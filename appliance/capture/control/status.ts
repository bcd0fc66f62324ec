// The recorder as others see it: the answer to `status` on the control socket (model/capture-status.ts).

import type { CaptureDevice, CaptureStatus } from '../../model/capture-status.ts';
import { formatSeconds } from '../../model/time/clock.ts';
import type { DeviceWriter } from '../evidence/device-writer.ts';
import type { Recorder } from '../recorder.ts';

export interface StorageNow {
  readonly bytes: number;
  readonly segments: number;
  readonly freeBytes: number;
  readonly budgetBytes: number;
  readonly forecastSeconds: number | null;
  readonly writtenBytes: number | null;
  readonly deviceWrittenBytes: number | null;
  readonly byDevice: ReadonlyMap<string, { readonly bytes: number; readonly segments: number }>;
}

export function captureStatus(recorder: Recorder, applianceId: string, storage: StorageNow): CaptureStatus {
  const { settings, facts, ledger } = recorder.parts;
  const { phase, interaction, since } = recorder.labels.phase;
  const { lines, head } = ledger.chain;
  return {
    schema: 'weir.capture/1',
    appliance: applianceId,
    version: settings.version,
    pid: process.pid,
    memory_bytes: process.memoryUsage.rss(),
    ...recorder.condition,
    engine: facts.engine,
    interface: settings.interface,
    phase,
    interaction,
    phase_since: since,
    tags: recorder.labels.tags,
    started: formatSeconds(recorder.startedNs),
    clock: recorder.clockState(),
    counters: recorder.counters(),
    devices: [...recorder.writers].map((writer) => deviceStatus(writer, storage)),
    gaps: recorder.gaps.map((gap) => ({ ...gap, from: formatSeconds(gap.from), to: formatSeconds(gap.to) })),
    canary: recorder.canary.status,
    ledger: { lines, head_sha256: head },
    key: recorder.parts.key,
    sync: recorder.syncStatus,
    places_given_back: recorder.placesGivenBack,
    storage: {
      bytes: storage.bytes,
      segments: storage.segments,
      free_bytes: storage.freeBytes,
      budget_bytes: storage.budgetBytes,
      forecast_seconds: storage.forecastSeconds,
      written_bytes: storage.writtenBytes,
      device_written_bytes: storage.deviceWrittenBytes,
    },
  };
}

function deviceStatus(writer: DeviceWriter, storage: StorageNow): CaptureDevice {
  const { account, segment } = writer;
  const stored = storage.byDevice.get(account.device);
  return {
    device: account.device,
    packets: account.captured,
    bytes: account.bytes,
    last_ts: writer.lastNs === null ? null : formatSeconds(writer.lastNs),
    open_segment: segment === null || segment.path === '' ? null : segment.path,
    stored_bytes: stored?.bytes ?? 0,
    stored_segments: stored?.segments ?? 0,
  };
}
