// What a device does only when it is used: two phases, tags, windows or days held against each other. The same answer that `weir diff`
// prints; each row leads to its first packet.

import { useSignal } from '@preact/signals';
import { useRef, useState } from 'preact/hooks';
import type { ComparedRow, ComparisonList } from '../../../../appliance/model/experiment/comparison.ts';
import { get } from '../../api/request.ts';
import type { ComparisonAnswer, WindowsResponse } from '../../api/types.ts';
import { bytes, count, plural } from '../../format/quantity.ts';
import { duration, stamp } from '../../format/time.ts';
import { useEvery, useResource } from '../../resource.ts';
import { status } from '../../state.ts';
import { PacketAt } from '../findings/packet.tsx';
import { Panel, Problem } from '../panel.tsx';
import { DeviceText } from '../values.tsx';

type Made = NonNullable<ComparisonAnswer['comparison']>;

/** Of a card with fewer bytes of captures it is made without being asked for. */
const AT_ONCE_BYTES = 256 * 1024 * 1024;
/** A Pi reads and analyses so many. */
const BYTES_PER_SECOND = 20e6;
/** While it is being made, and later. */
const SOON_SECONDS = 3;
const LATER_SECONDS = 60;
const SUGGESTED_PHASES = ['idle', 'intensive', 'setup', 'unlabelled'];
/** Suggestions below a field. */
const MAX_SUGGESTED = 40;

export function DeviceComparison({ id }: { id: string }) {
  const [{ a, b }, setSides] = useState({ a: 'idle', b: 'intensive' });
  const [asked, setAsked] = useState(false);
  const held = status.value?.storage.capture_bytes ?? null;
  const isAtOnce = held !== null && held <= AT_ONCE_BYTES;
  // What was begun goes on when the card has become larger.
  const begun = useRef(false);
  begun.current ||= asked || isAtOnce;
  const title = a === 'idle' && b === 'intensive' ? 'Idle against intensive' : `${a} against ${b}`;
  return (
    <Panel title={title} aside={<span class="muted small">per hour that was watched</span>}>
      <Sides
        id={id}
        a={a}
        b={b}
        onChoose={(first, second) => {
          setSides({ a: first, b: second });
          setAsked(true);
        }}
      />
      {begun.current ? (
        <Answer key={`${a} ${b}`} id={id} a={a} b={b} again={isAtOnce} />
      ) : (
        <p class="muted">
          To compare, the captures of both sides are read again
          {held !== null && ` (at most ${bytes(held)}, some ${duration(held / BYTES_PER_SECOND)})`}. It starts when you
          press Compare; capturing goes on.
        </p>
      )}
    </Panel>
  );
}

interface AnswerProps {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  /** Whether it is made again while the page is open and the captures grow. */
  readonly again: boolean;
}

function Answer({ id, a, b, again }: AnswerProps) {
  const [soon, setSoon] = useState(true);
  const beat = useEvery(soon ? SOON_SECONDS : LATER_SECONDS);
  const load = async () => {
    const path = `api/v1/devices/${encodeURIComponent(id)}/comparison`;
    const answer = await get<ComparisonAnswer>(path, { a, b });
    setSoon(answer.state === 'making' || answer.renewing);
    return answer;
  };
  const { value, problem, reload } = useResource(load, `comparison ${id} ${a} ${b}`, soon || again ? beat : -1);
  return (
    <>
      {problem !== undefined && <Problem message={problem} onRetry={reload} />}
      {value?.state === 'making' && (
        <p class="muted" role="status">
          The captures of both sides are being read. This may take minutes; capturing goes on.
        </p>
      )}
      {value?.state === 'refused' && (
        <p role="status">
          <strong>Cannot say.</strong> <DeviceText text={value.why ?? ''} limit={600} />
        </p>
      )}
      {value?.comparison != null && <Compared made={value.comparison} />}
      {value?.made != null && (
        <p class="muted small">
          As of {stamp(value.made)}.{value.renewing && ' It is being made again.'}{' '}
          {!soon && !again && (
            <button type="button" class="link" onClick={reload}>
              Make it again
            </button>
          )}
        </p>
      )}
    </>
  );
}

interface SidesProps {
  readonly id: string;
  readonly a: string;
  readonly b: string;
  readonly onChoose: (a: string, b: string) => void;
}

/** In the words of `weir diff`: suggested are phases, and the tags and windows of this device. */
function Sides({ id, a, b, onChoose }: SidesProps) {
  const windows = useResource(
    () => get<WindowsResponse>('api/v1/windows', { device: id, kind: 'tag' }),
    `windows ${id}`,
  );
  const [first, second] = [useSignal(a), useSignal(b)];
  const tags = (windows.value?.windows ?? []).toReversed();
  const words = [
    ...SUGGESTED_PHASES.map((word) => [word, ''] as const),
    ...[...new Set(tags.map(({ name }) => name))].map((name) => [`tag=${name}`, 'all windows of this tag'] as const),
    ...tags.map(({ id: window, name, from }) => [`window=${window}`, `${name}, ${stamp(from)}`] as const),
  ];
  const list = `sides-${id}`;
  return (
    <form
      class="compare-sides"
      onSubmit={(event) => {
        event.preventDefault();
        onChoose(first.value.trim(), second.value.trim());
      }}
    >
      {[first, second].map((side, i) => (
        <input
          key={i === 0 ? 'a' : 'b'}
          type="text"
          list={list}
          required
          maxLength={200}
          pattern="[A-Za-z0-9_=:.,+\-]+"
          title="A phase, tag=NAME, window=ID, day=2026-11-20, from=2026-11-20T12:00Z,to=…"
          aria-label={i === 0 ? 'Compare' : 'with'}
          value={side.value}
          onInput={(event) => {
            side.value = event.currentTarget.value;
          }}
        />
      ))}
      <datalist id={list}>
        {words.slice(0, MAX_SUGGESTED).map(([word, about]) => (
          <option key={word} value={word}>
            {about}
          </option>
        ))}
      </datalist>
      <button type="submit" class="button">
        Compare
      </button>
    </form>
  );
}

function Compared({ made }: { made: Made }) {
  const { a, b, notes, rows } = made;
  const listed = rows.filter(({ list }) => list !== 'total');
  const groups = [
    { title: `Only in ${b.label}`, verdict: 'added', open: true },
    { title: `Only in ${a.label}`, verdict: 'gone', open: true },
    { title: 'Changed', verdict: 'changed', open: true },
    { title: 'Cannot say', verdict: 'cannot_say', open: false },
    { title: 'Alike', verdict: 'alike', open: false },
  ] as const;
  const differs = listed.some(({ verdict }) => ['added', 'gone', 'changed'].includes(verdict));
  const isBlind = a.hours === 0 || b.hours === 0;
  return (
    <div class="comparison">
      <p class="small">
        <Watched name="A" side={a} />; <Watched name="B" side={b} />.
      </p>
      {notes.map((note) => (
        <p key={note}>
          <DeviceText text={note} limit={600} />
        </p>
      ))}
      <Rows rows={rows.filter(({ list }) => list === 'total')} />
      {!differs && (
        <p>
          <strong>{isBlind ? 'Cannot say.' : 'No difference beyond chance.'}</strong>{' '}
          {isBlind && 'One side was not captured, so that nothing is known of it.'}
        </p>
      )}
      {groups.map(({ title, verdict, open }) => {
        const own = listed.filter((row) => row.verdict === verdict);
        if (own.length === 0) return null;
        return (
          <details key={verdict} open={open}>
            <summary>
              {title} ({count(own.length)})
            </summary>
            <Rows rows={own} />
          </details>
        );
      })}
    </div>
  );
}

function Watched({ name, side }: { name: string; side: Made['a'] }) {
  const { label, hours, packets, destinations } = side;
  const time = hours === 0 ? 'not captured' : `${duration(hours * 3600)} watched`;
  return (
    <>
      {name}{' '}
      <strong>
        <DeviceText text={label} limit={80} />
      </strong>
      : {time}, {plural(packets, 'packet')}, {plural(destinations, 'destination')}
    </>
  );
}

const LISTED = 8;

function Rows({ rows }: { rows: readonly ComparedRow[] }) {
  const [limit, setLimit] = useState(LISTED);
  return (
    <>
      <ul class="count-list">
        {rows.slice(0, limit).map((row) => (
          <Row key={`${row.list} ${row.name}`} row={row} />
        ))}
      </ul>
      {rows.length > limit && (
        <button type="button" class="button quiet more" onClick={() => setLimit(limit * 4)}>
          Show more ({count(rows.length - limit)} not shown)
        </button>
      )}
    </>
  );
}

const LISTS: Readonly<Record<ComparisonList, string>> = {
  total: 'all together',
  destination: 'destination',
  organisation: 'organisation',
  country: 'country',
  port: 'port',
  protocol: 'protocol',
  protection: 'protection',
  cleartext: 'readable by anybody',
  tls_version: 'TLS version',
  tls_cipher: 'TLS cipher suite',
  tls_client: 'TLS client (JA4)',
  tls_certificate: 'certificate',
  party: 'party',
  period: 'period',
};

const SAID: Readonly<Record<ComparedRow['verdict'], string>> = {
  added: 'added',
  gone: 'gone',
  changed: 'changed',
  cannot_say: 'cannot say',
  alike: 'alike',
};

function Row({ row }: { row: ComparedRow }) {
  const { name, list, verdict, why, a, b } = row;
  return (
    <li>
      <span>
        <DeviceText text={name} limit={80} /> <span class="muted small">{LISTS[list]}</span>
        <br />
        <span class="muted small">
          {SAID[verdict]}: {why}
        </span>
        <FirstPacket first={(verdict === 'gone' ? a?.first : (b?.first ?? a?.first)) ?? null} />
      </span>
      <span class="numeric">
        {rateText(row, a)} → {rateText(row, b)}
      </span>
    </li>
  );
}

function rateText({ list, name }: ComparedRow, side: ComparedRow['a']): string {
  if (side === null) return list === 'period' ? 'never' : 'none';
  const { sessions_per_hour, packets_per_hour, bytes_up_per_hour: up, bytes_down_per_hour: down } = side;
  if (list === 'total' && name === 'sessions') return number(sessions_per_hour);
  if (list === 'total' && name === 'packets') return number(packets_per_hour);
  if (list === 'total' && name === 'bytes sent') return bytes(Math.round(up));
  if (list === 'total' && name === 'bytes received') return bytes(Math.round(down));
  if (list === 'period') return `${number(sessions_per_hour)} times`;
  return `${number(sessions_per_hour)} sessions, ${bytes(Math.round(up + down))}`;
}

/** Three digits that count. */
function number(value: number): string {
  return value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
}

/** Of a file that is none of the appliance's there is nothing to look at. */
function FirstPacket({ first }: { first: NonNullable<ComparedRow['a']>['first'] }) {
  const [open, setOpen] = useState(false);
  if (first === null || first.segment === null) return null;
  const { segment, packet, ts } = first;
  return (
    <>
      {' '}
      <button type="button" class="link small" aria-expanded={open} onClick={() => setOpen(!open)}>
        Packet {count(packet)} of file #{segment}, {stamp(ts)}
      </button>
      {open && <PacketAt path={`api/v1/segments/${segment}/packets/${packet}`} />}
    </>
  );
}
