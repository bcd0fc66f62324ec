// Health of the recording itself: what the card holds and costs, and whether a packet was lost.

import { account } from '../accounting.ts';
import type { StatusResponse } from '../api/types.ts';
import { count, percent } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { type Fact, Facts, Panel } from '../parts/panel.tsx';
import { At, Bytes, NoData } from '../parts/values.tsx';
import { gapsSince, gapWords } from '../recording.ts';
import { recording } from '../state.ts';
import { now } from '../time/clock.ts';

export function StoragePanel({ status: { storage } }: { status: StatusResponse }) {
  const used =
    storage.total_bytes !== null && storage.free_bytes !== null ? 1 - storage.free_bytes / storage.total_bytes : null;
  return (
    <Panel title="Storage">
      {used !== null && <Meter share={used} label="Disk used" />}
      <Facts
        facts={[
          { name: 'Captures', value: <Bytes value={storage.capture_bytes} /> },
          { name: 'Index', value: <Bytes value={storage.index_bytes} /> },
          { name: 'Free', value: <Bytes value={storage.free_bytes} /> },
          { name: 'Capture budget', value: <Bytes value={storage.budget_bytes} /> },
          {
            name: 'Room for',
            value: storage.forecast_seconds === null ? <NoData /> : `about ${duration(storage.forecast_seconds)}`,
          },
          { name: 'Written by capture', value: <Bytes value={storage.written_bytes} /> },
          { name: 'Written to the whole device since boot', value: <Bytes value={storage.device_written_bytes} /> },
          { name: 'Worst-case loss on power failure', value: syncWords(storage) },
        ]}
      />
    </Panel>
  );
}

/** What is promised, and how often the card was too slow for it. */
function syncWords({
  sync_promised_seconds: promised,
  sync_late: late,
  sync_worst_seconds: worst,
}: StatusResponse['storage']) {
  if (promised === null || late === null || worst === null) return <NoData />;
  const kept =
    late === 0 ? 'kept so far' : `the card was too slow for it ${late} times, at worst ${worst.toFixed(1)} s`;
  return `the last ${promised} s (${kept})`;
}

function Meter({ share, label }: { share: number; label: string }) {
  const tone = share > 0.95 ? 'bad' : share > 0.85 ? 'warn' : 'good';
  return (
    <div class="meter-row">
      <span>
        {label}: {percent(share)}
      </span>
      <div
        class={`meter ${tone}`}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
      >
        <span style={{ width: `${Math.min(100, share * 100)}%` }} />
      </div>
    </div>
  );
}

export function LossPanel({ status: { capture, capture_reason } }: { status: StatusResponse }) {
  if (capture === null) {
    return (
      <Panel title="Packets">
        <p class="bad-text">{capture_reason || 'Capture does not answer.'}</p>
      </Panel>
    );
  }
  const { received, written, losses, lost } = account(capture.counters);
  const gaps = gapWords(gapsSince(recording.value, capture.started, now.value / 1000));
  const facts: Fact[] = [
    { name: 'Received', value: received === null ? <NoData /> : count(received) },
    { name: 'Written', value: count(written) },
    ...losses.map((part) => ({
      name: part.name,
      title: part.meaning,
      value: part.packets === null ? <span class="no-data">unknown to this engine</span> : count(part.packets),
    })),
    { name: 'Counted since', value: <At moment={capture.started} /> },
    { name: 'Without recording', value: recording.value === undefined ? <NoData /> : gaps || 'no gap' },
  ];
  return (
    <Panel
      title="Packets"
      aside={
        <span class={`pill ${lost === 0 && gaps === '' ? 'good' : 'bad'}`}>
          {lost > 0 ? `${count(lost)} lost` : gaps === '' ? 'no loss' : gaps}
        </span>
      }
    >
      <Facts facts={facts} />
    </Panel>
  );
}
