// Port scans of one device: begun here, watched, and what the newest one found. What the device said is text and nothing else.

import { useSignal } from '@preact/signals';
import { get, post } from '../api/request.ts';
import type { ScanDetail, ScanOrdered, ScanRow, ScansResponse } from '../api/types.ts';
import { duration } from '../format/time.ts';
import { explain, useEvery, useResource } from '../resource.ts';
import { announcement } from '../state.ts';
import { Panel, Problem } from './panel.tsx';
import { Table } from './table.tsx';
import { DeviceText } from './values.tsx';

const REFRESH_SECONDS = 5;
/** Changes in one sentence; the others are counted in it. */
const MAX_CHANGES = 20;

export function PortScans({ id }: { id: string }) {
  const beat = useEvery(REFRESH_SECONDS);
  const { value, problem, reload } = useResource(
    () => get<ScansResponse>('api/v1/scans', { device: id }),
    `scans ${id}`,
    beat,
  );
  const scans = value?.scans ?? [];
  const isOpen = scans.some(({ ended }) => ended === null);
  const reported = scans.find(({ parts_done }) => parts_done > 0);
  return (
    <Panel title="Port scan" folds aside={<span class="muted small">a phase of its own, in no other figure</span>}>
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value !== undefined && <Begin id={id} open={scans.find(({ ended }) => ended === null)} onBegun={reload} />}
      {value !== undefined && scans.length === 0 && <p class="muted">This device was never scanned.</p>}
      {reported !== undefined && <Found key={reported.id} row={reported} beat={isOpen ? beat : 0} />}
    </Panel>
  );
}

function Begin({ id, open, onBegun }: { id: string; open: ScanRow | undefined; onBegun: () => void }) {
  const busy = useSignal(false);
  const problem = useSignal('');
  const send = async (path: string, body: object, done: (answer: ScanOrdered) => string) => {
    busy.value = true;
    problem.value = '';
    try {
      announcement.value = done(await post<ScanOrdered>(path, body));
      onBegun();
    } catch (thrown) {
      problem.value = explain(thrown);
    } finally {
      busy.value = false;
    }
  };
  const begin = (profile: 'quick' | 'full') => send('api/v1/scans', { devices: [id], profile }, ({ time }) => time);
  return (
    <>
      {open === undefined ? (
        <div class="segmented wrap" role="group" aria-label="Scan ports of this device">
          <button type="button" disabled={busy.value} onClick={() => void begin('quick')}>
            Frequent ports
          </button>
          <button
            type="button"
            disabled={busy.value}
            title="All 65,536 ports of TCP and of UDP: UDP may take 18 hours"
            onClick={() => void begin('full')}
          >
            All ports
          </button>
        </div>
      ) : (
        <p role="status">
          <State scan={open} />{' '}
          <button
            type="button"
            class="button quiet"
            disabled={busy.value}
            onClick={() => void send(`api/v1/scans/${open.id}/stop`, {}, () => 'The scan ends; what it found is kept.')}
          >
            End it
          </button>
        </p>
      )}
      {problem.value !== '' && <Problem message={problem.value} />}
    </>
  );
}

function State({ scan }: { scan: ScanRow }) {
  const left = scan.seconds_left > 0 ? `, ${duration(scan.seconds_left)} left at most` : '';
  const why = scan.reason === '' ? '' : ` (${scan.reason})`;
  return (
    <>
      {scan.profile === 'full' ? 'All ports' : 'Frequent ports'}: {scan.state}
      <DeviceText text={why} limit={200} />, {scan.parts_done} of {scan.parts} parts done{left}.
    </>
  );
}

function Found({ row, beat }: { row: ScanRow; beat: number }) {
  const { value } = useResource(() => get<ScanDetail>(`api/v1/scans/${row.id}`), row.id, beat);
  if (value === undefined) return null;
  const { scan, diff, vulnerable } = value;
  const changes = diff?.changes ?? [];
  return (
    <>
      <dl class="facts">
        <dt>Open TCP ports</dt>
        <dd>{row.tcp || '–'}</dd>
        <dt>Open UDP ports</dt>
        <dd>{row.udp || '–'}</dd>
        <dt>UDP, open or filtered</dt>
        <dd>{scan.udp['open|filtered'].slice(0, 200) || '–'}</dd>
        <dt>Scanned</dt>
        <dd>
          {scan.begun.slice(0, 16).replace('T', ' ')} UTC, {scan.address}, {scan.scanner.program}
        </dd>
      </dl>
      {scan.looks.length > 0 && (
        <Table
          caption="What open ports said, without a password tried"
          rows={scan.looks}
          rowKey={({ port }) => String(port)}
          columns={[
            { key: 'port', label: 'Port', heading: true, render: ({ port, as }) => `${port} (${as})` },
            {
              key: 'banner',
              label: 'Said',
              render: ({ banner, result }) => <DeviceText text={banner || result} limit={200} />,
            },
            {
              key: 'access',
              label: 'Lets in',
              render: ({ open_access }) =>
                open_access === null ? 'not known' : open_access ? 'without a password' : 'with a password',
            },
          ]}
          empty=""
        />
      )}
      {vulnerable.length > 0 && (
        <ul class="small">
          {vulnerable.map(({ proto, port, service, note, source }) => (
            <li key={`${proto} ${port}`}>
              {proto} {port} ({service}): {note} <span class="muted">{source}</span>
            </li>
          ))}
        </ul>
      )}
      {diff !== null && (
        <p class="small">
          Since the scan before:{' '}
          {changes.length === 0
            ? 'the same.'
            : changes
                .slice(0, MAX_CHANGES)
                .map(({ proto, port, before, after }) => `${proto} ${port} ${before} → ${after}`)
                .join(', ')}
          {changes.length + diff.more > MAX_CHANGES && ` and ${changes.length + diff.more - MAX_CHANGES} more`}
        </p>
      )}
    </>
  );
}
