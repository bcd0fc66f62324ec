// The evidence: which phases there were, which files hold them, and what happened to the files.

import { count } from '../format/quantity.ts';
import { duration, stamp } from '../format/time.ts';
import { phaseName } from '../format/words.ts';
import { type LedgerNotes, readLedger } from '../ledger-notes.ts';
import { route, setQuery } from '../navigation.ts';
import { deviceOption } from '../parts/device-name.tsx';
import { EvidenceExport } from '../parts/experiment/evidence-export.tsx';
import { Orders } from '../parts/experiment/orders.tsx';
import { PhaseTimeline } from '../parts/experiment/phase-timeline.tsx';
import { SegmentList } from '../parts/experiment/segment-list.tsx';
import { SpanDownload } from '../parts/experiment/span-download.tsx';
import { Verification } from '../parts/experiment/verification.tsx';
import { Facts, Loading, Panel, Problem, ViewHeading } from '../parts/panel.tsx';
import { Bytes, DeviceText, NoData, Sha256 } from '../parts/values.tsx';
import { phasesOf } from '../recording.ts';
import { useEvery, useResource } from '../resource.ts';
import { devices, phaseChanges, recording, segmentChanges, status } from '../state.ts';
import { chosenRange } from '../time/chosen.ts';
import { minute } from '../time/clock.ts';
import { reachesInto } from '../time/span.ts';

const REFRESH_SECONDS = 10;
const PHASES = ['', 'idle', 'intensive', 'setup', 'scan', 'proxy', 'unlabelled'] as const;

export function Captures() {
  const { query } = route.value;
  const device = query.get('device') ?? '';
  const phase = query.get('phase') ?? '';
  const marked = query.get('segment');
  return (
    <>
      <ViewHeading title="Captures" />
      <LedgerPanels />
      <Panel title="Download a span of time">
        <SpanDownload />
      </Panel>
      <Panel title="Export as evidence">
        <EvidenceExport />
      </Panel>
      <Panel title="Verify">
        <Verification />
      </Panel>
      <Panel title="Note, cut and pause">
        <Orders />
      </Panel>
      <Panel title="Capture files" class="flush" aside={<SegmentFilters device={device} phase={phase} />}>
        <SegmentList
          {...(device === '' ? {} : { device })}
          phase={phase}
          marked={marked === null ? undefined : Number(marked)}
        />
      </Panel>
    </>
  );
}

function SegmentFilters({ device, phase }: { device: string; phase: string }) {
  return (
    <div class="filters">
      <label>
        <span class="visually-hidden">Only of device</span>
        <select value={device} onChange={(event) => setQuery('device', event.currentTarget.value)}>
          <option value="">All devices</option>
          {(devices.value ?? []).map((row) => (
            <option key={row.id} value={row.id}>
              {deviceOption(row)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="visually-hidden">Only of phase</span>
        <select value={phase} onChange={(event) => setQuery('phase', event.currentTarget.value)}>
          {PHASES.map((word) => (
            <option key={word} value={word}>
              {word === '' ? 'All phases' : phaseName(word)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Phases() {
  if (recording.value === undefined) return <Loading what="the phases" />;
  const range = chosenRange();
  const phases = phasesOf(recording.value, minute.value + 60);
  return <PhaseTimeline phases={phases.filter(({ from, to }) => reachesInto(range, from, to))} />;
}

/** Phases and custody are read from the ledger, the only record of them. */
function LedgerPanels() {
  // A download makes no event of its own, only a ledger line.
  const version = phaseChanges.value.value + segmentChanges.value.value + useEvery(REFRESH_SECONDS);
  const { value, problem, reload } = useResource(readLedger, 'ledger', version);
  if (value === undefined) {
    return problem === undefined ? <Loading what="the ledger" /> : <Problem message={problem} onRetry={reload} />;
  }
  return (
    <div class="two-columns">
      <Panel title="Phases">
        <Phases />
      </Panel>
      <Panel title="Custody">
        <Custody ledger={value} />
      </Panel>
    </div>
  );
}

function Custody({ ledger }: { ledger: LedgerNotes }) {
  const capture = status.value?.capture;
  const storage = status.value?.storage;
  const copies = ledger.lines.filter((line) => line.type === 'download' || line.type === 'export').slice(-5);
  return (
    <>
      <Facts
        facts={[
          {
            name: 'Closed files',
            value: storage?.capture_segments == null ? <NoData /> : count(storage.capture_segments),
          },
          { name: 'Size', value: <Bytes value={storage?.capture_bytes} /> },
          { name: 'Room for', value: roomFor(storage?.forecast_seconds) },
          { name: 'Ledger lines', value: capture ? count(capture.ledger.lines) : count(ledger.read + 1) },
          { name: 'Ledger head', value: <Sha256 value={capture?.ledger.head_sha256} /> },
          { name: 'Evidence key', value: <Sha256 value={capture?.key ?? undefined} /> },
        ]}
      />
      <h3>Copies taken</h3>
      {copies.length === 0 ? (
        <p class="muted small">No capture file has left the appliance by this page.</p>
      ) : (
        <ul class="plain-list small">
          {copies.map((line) => (
            <li key={line.n}>
              {stamp(line.ts)}: {line.type} by <DeviceText text={text(line, 'by')} limit={40} />,{' '}
              <DeviceText text={text(line, 'detail')} limit={80} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function roomFor(seconds: number | null | undefined) {
  if (seconds === null || seconds === undefined) return <span class="muted">not known yet</span>;
  return `about ${duration(seconds)} at this rate`;
}

function text(line: object, field: string): string {
  const value = (line as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' ? value : '';
}
