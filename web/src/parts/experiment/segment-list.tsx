// Capture files: what each holds, its hash, and the download, which asks first because it leaves a line in the ledger.

import { useSignal } from '@preact/signals';
import { get } from '../../api/request.ts';
import type { SegmentRow, SegmentsResponse } from '../../api/types.ts';
import { bytes, count, plural } from '../../format/quantity.ts';
import { clockTime, stamp, toMillis } from '../../format/time.ts';
import { phaseName } from '../../format/words.ts';
import { useResource } from '../../resource.ts';
import { href } from '../../route.ts';
import { segmentChanges } from '../../state.ts';
import { chosenRange } from '../../time/chosen.ts';
import { spanKey, spanQuery } from '../../time/span.ts';
import { DeviceLink } from '../device-name.tsx';
import { Dialog } from '../dialog.tsx';
import { DownloadIcon } from '../icons.tsx';
import { ListExport } from '../list-export.tsx';
import { Loading, Problem } from '../panel.tsx';
import { type Column, Table } from '../table.tsx';
import { Bytes, Count, NoData, Sha256 } from '../values.tsx';

interface Props {
  /** Only files of this device; its column is left out then. */
  readonly device?: string;
  readonly phase?: string;
  /** The file that a finding points at: the list starts with it. */
  readonly marked?: number | undefined;
}

const PAGE = 200;
const LISTED = 12;

export function SegmentList({ device, phase, marked }: Props) {
  const range = chosenRange();
  const span = marked === undefined && range.problem === '' ? spanQuery(range) : {};
  const key = `${device ?? ''} ${phase ?? ''} ${marked ?? ''} ${spanKey(range)}`;
  const newest = marked === undefined ? undefined : marked + 1;
  const load = (before = newest) =>
    get<SegmentsResponse>('api/v1/segments', {
      device,
      phase,
      limit: String(PAGE),
      before: before?.toString(),
      ...span,
    });
  const { value, problem, reload } = useResource(() => load(), key, segmentChanges.value.value);
  const older = useSignal<{ key: string; segments: readonly SegmentRow[] }>({ key, segments: [] });
  const asked = useSignal<SegmentRow | undefined>(undefined);
  if (value === undefined) {
    return problem === undefined ? <Loading what="capture files" /> : <Problem message={problem} onRetry={reload} />;
  }
  const segments = joined(value.segments, older.value.key === key ? older.value.segments : []);
  const loadOlder = async () => {
    const page = await load(segments.at(-1)?.seq).catch(() => undefined);
    if (page === undefined) reload();
    else older.value = { key, segments: joined(segments, page.segments) };
  };
  /** Of the whole time, also those that are not listed yet. */
  const loadAll = async () => {
    let all: readonly SegmentRow[] = [];
    let more = segments;
    while (more.length > all.length && more.length < value.total) {
      all = more;
      more = joined(all, (await load(all.at(-1)?.seq)).segments);
    }
    return more;
  };
  const columns = allColumns((segment) => (asked.value = segment)).filter(
    (column) => column.key !== 'device' || device === undefined,
  );
  return (
    <>
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {marked !== undefined && (
        <p class="muted small more">
          From file #{marked} backwards. <a href={href('captures')}>List all</a>
        </p>
      )}
      {segments.length > 0 && (
        <p class="more">
          <ListExport name="capture-files" rows={loadAll} />
        </p>
      )}
      <div class="few-lines segment-files">
        <Table
          caption="Capture files"
          columns={columns}
          rows={segments}
          rowKey={(segment) => String(segment.seq)}
          limit={LISTED}
          empty={range.isChosen ? 'No capture file of this time.' : 'No capture file yet.'}
          rowClass={(segment) => (segment.seq === marked ? 'marked' : segment.state)}
        />
      </div>
      {value.total > segments.length && marked === undefined && (
        <p class="muted small more">
          {count(segments.length)} of {count(value.total)} files are listed.{' '}
          <button type="button" class="button quiet" onClick={() => void loadOlder()}>
            List older ones
          </button>
        </p>
      )}
      {asked.value !== undefined && <Download segment={asked.value} onClose={() => (asked.value = undefined)} />}
    </>
  );
}

/** Newest first; a file that changed is listed once, as it is now. */
function joined(newer: readonly SegmentRow[], older: readonly SegmentRow[]): readonly SegmentRow[] {
  const known = new Set(newer.map((segment) => segment.seq));
  return [...newer, ...older.filter((segment) => !known.has(segment.seq))];
}

function allColumns(onAsk: (segment: SegmentRow) => void): readonly Column<SegmentRow>[] {
  return [
    { key: 'seq', label: 'No.', heading: true, render: (segment) => `#${segment.seq}` },
    { key: 'device', label: 'Device', render: (segment) => <DeviceLink mac={segment.device} /> },
    { key: 'phase', label: 'Phase', render: (segment) => phaseName(segment.phase) },
    { key: 'time', label: 'From – to', render: timeCell },
    {
      key: 'packets',
      label: 'Packets',
      numeric: true,
      render: (segment) =>
        segment.packets === null ? <NotCounted state={segment.state} /> : <Count value={segment.packets} />,
    },
    {
      key: 'bytes',
      label: 'Size',
      numeric: true,
      render: (segment) =>
        segment.bytes === null ? <NotCounted state={segment.state} /> : <Bytes value={segment.bytes} />,
    },
    { key: 'sha', label: 'SHA-256', render: shaCell },
    { key: 'get', label: 'File', render: (segment) => <DownloadButton segment={segment} onAsk={onAsk} /> },
  ];
}

/** A file that is still written has packets, which nobody has counted yet. */
function NotCounted({ state }: Pick<SegmentRow, 'state'>) {
  if (state !== 'open') return <NoData />;
  return (
    <span class="no-data" title="Counted when the file is closed.">
      not yet
    </span>
  );
}

function timeCell({ first_ts, last_ts, opened, closed }: SegmentRow) {
  const from = first_ts ?? opened;
  const to = last_ts ?? closed;
  return (
    <span title={`${stamp(from)} – ${stamp(to)}`}>
      <span class="nowrap">{stamp(from).slice(0, 10)}</span>{' '}
      <span class="nowrap">
        {toMillis(to) === undefined ? `${clockTime(from)} – now` : `${clockTime(from).slice(0, 8)} – ${clockTime(to)}`}
      </span>
    </span>
  );
}

function shaCell(segment: SegmentRow) {
  if (segment.state === 'open') return <span class="pill good">open</span>;
  return <Sha256 value={segment.sha256} />;
}

function DownloadButton({ segment, onAsk }: { segment: SegmentRow; onAsk: (segment: SegmentRow) => void }) {
  if (segment.state === 'deleted') return <span class="muted">deleted</span>;
  if (segment.state === 'open') return <span class="muted">when closed</span>;
  return (
    <button
      type="button"
      class="button quiet"
      aria-label={`Download pcap of capture file ${segment.seq}`}
      onClick={() => onAsk(segment)}
    >
      <DownloadIcon /> pcap
    </button>
  );
}

function Download({ segment, onClose }: { segment: SegmentRow; onClose: () => void }) {
  const name = segment.path.split('/').at(-1) ?? `segment-${segment.seq}.pcap`;
  return (
    <Dialog title="Download this capture file?" onClose={onClose}>
      <p>
        <code class="path">{name}</code>
      </p>
      <p>
        {segment.packets !== null && plural(segment.packets, 'packet')}, {bytes(segment.bytes)}. It holds everything the
        device said, passwords included. The download is written to the ledger with your address and the time.
      </p>
      {segment.sha256 !== null && (
        <p class="small">
          Check it with <code>sha256sum</code>:<code class="path">{segment.sha256}</code>
        </p>
      )}
      <form method="dialog" class="dialog-actions">
        <button type="submit" class="button">
          Cancel
        </button>
        <a class="button strong" href={`api/v1/segments/${segment.seq}/pcap`} download={name} onClick={() => onClose()}>
          <DownloadIcon /> Download
        </a>
      </form>
    </Dialog>
  );
}
