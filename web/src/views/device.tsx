// One device: who it is and how that is known, whom it talked to, whether that was protected, and the files that prove it.

import { useSignal } from '@preact/signals';
import { notUnderstoodText } from '../../../appliance/model/document/not-understood-text.ts';
import { get } from '../api/request.ts';
import type { AnalysisDocument, DeviceRow, WindowFigures } from '../api/types.ts';
import { plural } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { phaseName } from '../format/words.ts';
import { route, setQuery } from '../navigation.ts';
import { Anomalies, FirstSeen, Periods, Unreached } from '../parts/behaviour.tsx';
import { Conversations } from '../parts/conversations.tsx';
import { plainDeviceName } from '../parts/device-name.tsx';
import { DeviceComparison } from '../parts/experiment/comparison.tsx';
import { RegistryRow } from '../parts/experiment/registry-row.tsx';
import { SegmentList } from '../parts/experiment/segment-list.tsx';
import { FindingList } from '../parts/findings/finding-list.tsx';
import { CategoryIcon, DownloadIcon } from '../parts/icons.tsx';
import { Identity } from '../parts/identity.tsx';
import { IdentityForm } from '../parts/identity-form.tsx';
import { Loading, Panel, Problem, ViewHeading } from '../parts/panel.tsx';
import { PortScans } from '../parts/port-scans.tsx';
import { CountList, Ports } from '../parts/ports.tsx';
import { Activity } from '../parts/traffic/activity.tsx';
import { WeekGrid } from '../parts/traffic/week-grid.tsx';
import { Bytes, Country, DeviceText } from '../parts/values.tsx';
import { VerdictBars } from '../parts/verdict-bar.tsx';
import { recordedSeconds } from '../recording.ts';
import { useEvery, useResource } from '../resource.ts';
import { href } from '../route.ts';
import { findDevice, recording } from '../state.ts';
import { chosenRange } from '../time/chosen.ts';
import { minute } from '../time/clock.ts';
import { type Range, spanKey, spanQuery } from '../time/span.ts';
import { conversationParts, conversationsByScope } from '../verdicts.ts';

const PHASE_FILTER = ['', 'idle', 'intensive', 'setup', 'scan', 'proxy', 'unlabelled'] as const;
const REFRESH_SECONDS = 10;

export function Device({ id }: { id: string }) {
  const row = findDevice(id);
  const phase = route.value.query.get('phase') ?? '';
  const beat = useEvery(REFRESH_SECONDS);
  const path = `api/v1/devices/${encodeURIComponent(id)}`;
  const range = chosenRange();
  const isExact = useSignal('');
  const key = spanKey(range);
  // Of a span the figures are made of its packets, which takes a while: of a long one when somebody asks.
  const ofSpan = isSpan(range) && (isShort(range) || isExact.value === key);
  const load = async (): Promise<Shown> => {
    if (!ofSpan) return { document: await get<AnalysisDocument>(path, { phase }), coverage: null };
    const { document, coverage } = await get<WindowFigures>('api/v1/figures', { ...wholeSpan(range), device: id });
    return { document, coverage };
  };
  const version = ofSpan ? 0 : beat;
  const { value, problem, reload } = useResource(load, `${id} ${ofSpan ? key : phase}`, version);
  // Who a device is does not depend on the phase that is looked at.
  const identity = useResource(
    async () => (phase === '' && !ofSpan ? undefined : await get<AnalysisDocument>(path)),
    `${id} whole ${phase === '' && !ofSpan}`,
  );
  return (
    <>
      <nav class="crumbs small" aria-label="Where you are">
        <a href={href('devices')}>Devices</a>
      </nav>
      <ViewHeading title={<Title id={id} row={row} />}>
        <span class="heading-tools">
          {!isSpan(range) && <PhaseFilter phase={phase} />}
          <a class="button quiet" href={`api/v1/devices/${encodeURIComponent(id)}/report`} download={`weir-${id}.html`}>
            <DownloadIcon /> Dossier
          </a>
          <a class="button quiet" href={documentPath(id, phase)} download={`weir-${id}${phase && `-${phase}`}.json`}>
            <DownloadIcon /> JSON
          </a>
        </span>
      </ViewHeading>
      <SpanNote range={range} shown={value} onExact={() => (isExact.value = key)} />
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value === undefined ? (
        problem === undefined && <Loading what="this device" />
      ) : (
        <Loaded
          id={id}
          row={row}
          phase={isSpan(range) ? '' : phase}
          document={value.document}
          whole={identity.value ?? value.document}
          onSaved={() => {
            reload();
            identity.reload();
          }}
        />
      )}
    </>
  );
}

interface Shown {
  readonly document: AnalysisDocument;
  /** What of a span is in it; null where it is of all time. */
  readonly coverage: WindowFigures['coverage'] | null;
}

const SHORT_SECONDS = 25 * 3600;

function isSpan(range: Range): boolean {
  return range.problem === '' && (range.from !== null || range.to !== null);
}

function isShort({ from, to }: Range): boolean {
  return from !== null && (to ?? minute.value + 60) - from <= SHORT_SECONDS;
}

/** Both ends: open ones are the first packet that can be, and the present minute. */
function wholeSpan({ from, to }: Range): { readonly from?: string; readonly to?: string } {
  return spanQuery({ from: from ?? 0, to: to ?? minute.peek() + 60 });
}

interface SpanNoteProps {
  readonly range: Range;
  readonly shown: Shown | undefined;
  readonly onExact: () => void;
}

/** Whether the figures are those of the span, and of what. */
function SpanNote({ range, shown, onExact }: SpanNoteProps) {
  if (!isSpan(range) || shown === undefined) return null;
  const { coverage } = shown;
  if (coverage === null) {
    return (
      <p class="small" role="status">
        <span class="muted">The chart and the files are of this time, all other figures of all time.</span>{' '}
        <button type="button" class="button quiet" onClick={onExact}>
          Read the files of this time
        </button>
      </p>
    );
  }
  const { seconds } = coverage.not_recorded;
  return (
    <p class="muted small" role="status">
      Figures of exactly the packets of this time, from {plural(coverage.segments, 'file')}
      {coverage.open_segments > 0 && `, ${coverage.open_segments} of them still written`}
      {seconds > 0 && `; nothing was recorded for ${duration(seconds)} of it`}
      {coverage.deleted.segments > 0 && `; ${plural(coverage.deleted.segments, 'file')} of it deleted`}.
    </p>
  );
}

/** The same document that `weir analyze --format json` prints. */
function documentPath(id: string, phase: string): string {
  return `api/v1/devices/${encodeURIComponent(id)}${phase === '' ? '' : `?phase=${phase}`}`;
}

function Title({ id, row }: { id: string; row: DeviceRow | undefined }) {
  return (
    <span class="device-title">
      <CategoryIcon category={row?.category} />
      <DeviceText text={row === undefined ? id : plainDeviceName(row)} limit={80} />
    </span>
  );
}

function PhaseFilter({ phase }: { phase: string }) {
  return (
    <label class="inline-field">
      Phase
      <select value={phase} onChange={(event) => setQuery('phase', event.currentTarget.value)}>
        {PHASE_FILTER.map((word) => (
          <option key={word} value={word}>
            {word === '' ? 'All phases' : phaseName(word)}
          </option>
        ))}
      </select>
    </label>
  );
}

interface LoadedProps {
  readonly id: string;
  readonly row: DeviceRow | undefined;
  readonly phase: string;
  readonly document: AnalysisDocument;
  /** Of all phases: who the device is. */
  readonly whole: AnalysisDocument;
  readonly onSaved: () => void;
}

function Loaded({ id, row, phase, document, whole, onSaved }: LoadedProps) {
  const mac = row?.mac ?? null;
  const self = whole.devices.find((device) => device.mac === mac);
  const isSilent = phase !== '' && document.input.packets === 0;
  const { internet, home } = conversationsByScope(document);
  return (
    <>
      <div class="two-columns">
        <Panel title="Identity">
          <Identity row={row} self={self} document={whole} />
          {mac !== null && <IdentityForm id={id} self={self} onSaved={onSaved} />}
        </Panel>
        {isSilent ? (
          <Panel title={`Phase ${phaseName(phase)}`}>
            <WithoutData phase={phase} />
          </Panel>
        ) : (
          <Panel title="Protection" aside={<span class="muted small">by bytes of conversations</span>}>
            <VerdictBars internet={conversationParts(internet)} home={conversationParts(home)} />
            <CountryList document={document} />
          </Panel>
        )}
      </div>
      {mac !== null && <RegistryRow key={mac} mac={mac} said={self?.confirmed ?? null} onSaved={onSaved} />}
      {mac !== null && <DeviceComparison id={id} />}
      {mac !== null && <PortScans id={id} />}
      {!isSilent && <Figures id={id} mac={mac} phase={phase} document={document} />}
    </>
  );
}

/** No packet may mean that nobody captured, or that nothing was said: the ledger knows which. */
function WithoutData({ phase }: { phase: string }) {
  const seconds = recordedSeconds(recording.value, phase, minute.value + 60);
  if (seconds === null) return <p class="muted">No packet of this device in phase {phaseName(phase)}.</p>;
  if (seconds < 1) {
    return (
      <p>
        <strong>Not captured.</strong> Nothing was recorded in phase {phaseName(phase)}, so nothing is known of it.
      </p>
    );
  }
  return (
    <p>
      Phase {phaseName(phase)} was recorded for {duration(seconds)}; no packet of this device is analysed in it.
    </p>
  );
}

interface FiguresProps {
  readonly id: string;
  readonly mac: string | null;
  readonly phase: string;
  readonly document: AnalysisDocument;
}

function Figures({ id, mac, phase, document }: FiguresProps) {
  const hours = (document.behaviour?.hours ?? []).filter(({ device }) => mac === null || device === mac);
  return (
    <>
      <Panel title="Activity" class="activity-panel">
        <Activity traffic={document.traffic} phase={phase} mac={mac} />
      </Panel>
      <Panel title="Findings" aside={<span class="muted small">{plural(document.findings.length, 'finding')}</span>}>
        <FindingList
          findings={document.findings}
          showDevice={false}
          empty={phase === '' ? 'Nothing found so far.' : `Nothing found in phase ${phaseName(phase)}.`}
        />
      </Panel>
      <Panel title="When it speaks" folds>
        <WeekGrid hours={hours} />
      </Panel>
      <div class="two-columns">
        <Panel title="Unlike before" folds>
          <Anomalies behaviour={document.behaviour} mac={mac} />
        </Panel>
        <Panel title="Destinations, newest first" folds aside={<span class="muted small">when first seen</span>}>
          <FirstSeen rows={document.behaviour?.first_seen ?? []} />
        </Panel>
      </div>
      <Panel title="Conversations" class="flush" folds>
        <Conversations conversations={document.conversations} mac={mac} />
      </Panel>
      <div class="two-columns">
        <Panel title="Ports" folds>
          <Ports document={document} mac={mac} />
          <h3>Regular intervals</h3>
          <Periods periods={document.behaviour?.periods ?? []} />
        </Panel>
        <Panel title="Names asked of DNS" folds>
          <CountList counts={document.dns.queries} unit="queries" empty="No DNS query seen." />
          <Unreached unreached={document.behaviour?.unreached ?? []} />
          {Object.keys(document.tls.sni).length > 0 && (
            <>
              <h3>Names in TLS handshakes</h3>
              <CountList counts={document.tls.sni} unit="handshakes" empty="" />
            </>
          )}
          {Object.keys(document.http.hosts).length > 0 && (
            <>
              <h3>Hosts in plain HTTP</h3>
              <CountList counts={document.http.hosts} unit="requests" empty="" />
            </>
          )}
        </Panel>
      </div>
      <Panel title="Capture files" class="flush" folds>
        <SegmentList device={id} phase={phase} />
      </Panel>
      <Limits document={document} />
    </>
  );
}

function CountryList({ document }: { document: AnalysisDocument }) {
  const countries = Object.entries(document.countries)
    .map(([code, sums]) => ({ code, bytes: sums.bytes_up + sums.bytes_down, up: sums.bytes_up }))
    .sort((a, b) => b.bytes - a.bytes);
  if (countries.length === 0) return <p class="muted small">No destination outside the local network.</p>;
  return (
    <ul class="country-list">
      {countries.slice(0, 8).map(({ code, up, bytes }) => (
        <li key={code}>
          <Country code={code} />
          <span class="muted small" title="sent of all bytes">
            <Bytes value={up} /> sent of <Bytes value={bytes} />
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What was left out because a limit was reached is said, never hidden. */
function Limits({ document }: { document: AnalysisDocument }) {
  const { limits } = document;
  const lines = [
    [limits.conversations_joined, 'older conversations are combined in one row with others of their service'],
    [limits.conversations_evicted, 'conversations were summed up without detail (table full)'],
    [limits.names_dropped, 'names were not kept'],
    [limits.findings_dropped, 'findings were not kept'],
    [limits.stream_gaps, 'streams had missing pieces'],
    [
      limits.messages_cut ?? 0,
      'messages were not searched whole (too long, damaged, or in a coding that is not undone)',
    ],
  ] as const;
  const reported = lines.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  reported.unshift(...(limits.not_understood ?? []).map(notUnderstoodText));
  if (reported.length === 0) return null;
  return (
    <Panel title="Left out">
      <ul class="plain-list">
        {reported.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Panel>
  );
}
