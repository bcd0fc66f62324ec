// Findings as a list that can be read from top to bottom: each message once, under it who is concerned and with whom, what was seen,
// and the packet that proves it.

import { useState } from 'preact/hooks';
import { type AnyFinding, type FindingGroup, groupFindings } from '../../finding-groups.ts';
import { count, percent, plural } from '../../format/quantity.ts';
import { DeviceLink } from '../device-name.tsx';
import { Ago, At, Country, DeviceText, Severity } from '../values.tsx';
import { Packet } from './packet.tsx';
import { SetAside } from './set-aside.tsx';

interface Props {
  readonly findings: readonly AnyFinding[];
  readonly showDevice: boolean;
  readonly empty: string;
  /** Somebody set one aside; without it nobody can. */
  readonly onSetAside?: (() => void) | undefined;
}

/** Of one message; the others fold below, so that a message of a whole home stays short. */
const SHOWN_AT_ONCE = 3;
/** More are drawn on demand only: the list is drawn again with each finding that changes, and a device can make thousands. */
const DRAWN = 100;

export function FindingList({ findings, showDevice, empty, onSetAside }: Props) {
  const [limit, setLimit] = useState(DRAWN);
  const open = findings.filter((finding) => finding.set_aside === undefined);
  const known = findings.filter((finding) => finding.set_aside !== undefined);
  const groups = (all: readonly AnyFinding[]) => (
    <ol class="findings">
      {groupFindings(all).map((group) => (
        <li key={group.key} class={`finding ${group.first.severity}`}>
          <Group group={group} showDevice={showDevice} onSetAside={onSetAside} />
        </li>
      ))}
    </ol>
  );
  // Cut in the order in which they are drawn.
  const drawn = groupFindings(open)
    .flatMap((group) => group.findings)
    .slice(0, limit);
  return (
    <>
      {open.length === 0 ? <p class="empty">{empty}</p> : groups(drawn)}
      {open.length > limit && (
        <button type="button" class="button quiet more" onClick={() => setLimit(limit + DRAWN)}>
          Show more ({open.length - limit} not shown)
        </button>
      )}
      {known.length > 0 && (
        <details class="more">
          <summary>Set aside: {plural(known.length, 'finding')}</summary>
          {groups(known.slice(0, DRAWN))}
        </details>
      )}
    </>
  );
}

interface GroupProps {
  readonly group: FindingGroup;
  readonly showDevice: boolean;
  readonly onSetAside: (() => void) | undefined;
}

function Group({ group: { first, findings }, showDevice, onSetAside }: GroupProps) {
  const victims = (some: readonly AnyFinding[]) => (
    <ul class="victims">
      {some.map((finding) => (
        <li key={finding.id} class="victim">
          <Victim finding={finding} showDevice={showDevice} onSetAside={onSetAside} />
        </li>
      ))}
    </ul>
  );
  const folded = findings.slice(SHOWN_AT_ONCE);
  return (
    <article>
      <header>
        <Severity level={first.severity} />
        <code class="rule">{first.rule}</code>
        {findings.length > 1 && <span class="muted small">{findings.length} of this kind</span>}
      </header>
      <p>
        <DeviceText text={first.explanation} limit={400} />
      </p>
      {victims(findings.slice(0, SHOWN_AT_ONCE))}
      {folded.length > 0 && (
        <details class="small folded">
          <summary>{folded.length} more of this kind</summary>
          {victims(folded)}
        </details>
      )}
      {first.remedy !== '' && (
        <p class="small">
          <strong>What helps:</strong> <DeviceText text={first.remedy} limit={400} />
        </p>
      )}
    </article>
  );
}

interface VictimProps {
  readonly finding: AnyFinding;
  readonly showDevice: boolean;
  readonly onSetAside: (() => void) | undefined;
}

function Victim({ finding, showDevice, onSetAside }: VictimProps) {
  const { device, peer, set_aside: setAside } = finding;
  return (
    <>
      <p class="victim-line">
        {showDevice && device !== null && <DeviceLink mac={device} />}
        {peer !== undefined && (
          <span class="other-side">
            <span aria-hidden="true">→ </span>
            <span class="visually-hidden">with </span>
            <DeviceText text={peer.name} limit={60} />
            {', '}
            {peer.organisation !== null && (
              <>
                <DeviceText text={peer.organisation} limit={32} />
                {', '}
              </>
            )}
            <Country code={peer.country} />
          </span>
        )}
        <span class="muted small">
          {finding.count === 1 ? 'once' : `${count(finding.count)} times`}, last <Ago moment={finding.last_ts} />,
          confidence {percent(finding.confidence)}
        </span>
      </p>
      {finding.excerpt_masked !== '' && (
        <p class="excerpt">
          <code>
            <DeviceText text={finding.excerpt_masked} limit={200} />
          </code>
        </p>
      )}
      {setAside !== undefined && (
        <p class="small">
          Set aside by {setAside.by}, <Ago moment={setAside.ts} />: <DeviceText text={setAside.reason} limit={256} />
        </p>
      )}
      <Evidence finding={finding} />
      {onSetAside !== undefined && <SetAside finding={finding} onDone={onSetAside} />}
    </>
  );
}

/** Of a finding's packets the one that somebody looks at. */
function Evidence({ finding: { id, evidence } }: { finding: AnyFinding }) {
  const [shown, setShown] = useState<number>();
  if (evidence.length === 0) return null;
  return (
    <details class="small evidence" onToggle={(event) => setShown(event.currentTarget.open ? 0 : undefined)}>
      <summary>
        Show the {plural(evidence.length, 'packet')} that prove{evidence.length === 1 ? 's' : ''} it
      </summary>
      {evidence.length > 1 && (
        <ul class="plain-list evidence-list">
          {evidence.slice(0, 20).map(({ segment, packet, ts }, index) => (
            <li key={`${segment} ${packet}`}>
              <button type="button" class="link" aria-pressed={shown === index} onClick={() => setShown(index)}>
                packet {count(packet)} of file #{segment}
              </button>
              , <At moment={ts} />
            </li>
          ))}
        </ul>
      )}
      {shown !== undefined && <Packet key={`${id} ${shown}`} finding={id} evidence={shown} />}
    </details>
  );
}
