// Findings as a short list: each message once, a line that opens; under it who is concerned and with whom, what was seen, and the
// packet that proves it.

import { useState } from 'preact/hooks';
import { type AnyFinding, type FindingGroup, firstGroups, groupFindings } from '../../finding-groups.ts';
import { count, percent, plural } from '../../format/quantity.ts';
import { findDevice } from '../../state.ts';
import { DeviceLink, DeviceName } from '../device-name.tsx';
import { Ago, At, Country, DeviceText, Severity } from '../values.tsx';
import { Packet } from './packet.tsx';
import { SetAside } from './set-aside.tsx';

interface Props {
  readonly findings: readonly AnyFinding[];
  readonly showDevice: boolean;
  readonly empty: string;
  /** Each message is open, as where somebody asked for those of one device. */
  readonly isOpen?: boolean;
  /** Somebody set one aside; without it nobody can. */
  readonly onSetAside?: (() => void) | undefined;
}

/** Of one message; the others fold below, so that a message of a whole home stays short. */
const SHOWN_AT_ONCE = 3;
/** More are drawn on demand only: a list that nobody scrolls to its end, and a device can make thousands of one kind. */
const MESSAGES_DRAWN = 12;
const FINDINGS_DRAWN = 100;
const DEVICES_NAMED = 2;

export function FindingList({ findings, showDevice, empty, isOpen = false, onSetAside }: Props) {
  const [pages, setPages] = useState(1);
  const open = findings.filter((finding) => finding.set_aside === undefined);
  const known = findings.filter((finding) => finding.set_aside !== undefined);
  const groups = (all: readonly FindingGroup[], areOpen = isOpen) => (
    <ol class="findings">
      {all.map((group) => (
        <li key={group.key} class={`finding ${group.first.severity}`}>
          <Group group={group} showDevice={showDevice} isOpen={areOpen} onSetAside={onSetAside} />
        </li>
      ))}
    </ol>
  );
  const drawn = firstGroups(groupFindings(open), pages * MESSAGES_DRAWN, pages * FINDINGS_DRAWN);
  const left = open.length - drawn.reduce((sum, group) => sum + group.findings.length, 0);
  return (
    <>
      {open.length === 0 ? <p class="empty">{empty}</p> : groups(drawn)}
      {left > 0 && (
        <button type="button" class="button quiet more" onClick={() => setPages(pages + 1)}>
          Show more ({left} not shown)
        </button>
      )}
      {known.length > 0 && (
        <details class="more">
          <summary>Set aside: {plural(known.length, 'finding')}</summary>
          {groups(firstGroups(groupFindings(known), MESSAGES_DRAWN * pages, FINDINGS_DRAWN * pages), true)}
        </details>
      )}
    </>
  );
}

interface GroupProps {
  readonly group: FindingGroup;
  readonly showDevice: boolean;
  readonly isOpen: boolean;
  readonly onSetAside: (() => void) | undefined;
}

function Group({ group: { first, findings, total }, showDevice, isOpen, onSetAside }: GroupProps) {
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
    <details class="message" open={isOpen}>
      <summary>
        <span class="message-head">
          <Severity level={first.severity} />
          <code class="rule">{first.rule}</code>
          <span class="muted small">{showDevice ? <Concerned findings={findings} /> : `${total} of this kind`}</span>
        </span>
        <span class="message-text">
          <DeviceText text={first.explanation} limit={400} />
        </span>
      </summary>
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
    </details>
  );
}

/** `Hall camera, Plug and 3 others`: names only, the line itself opens. */
function Concerned({ findings }: { findings: readonly AnyFinding[] }) {
  const devices = [...new Set(findings.map(({ device }) => device).filter((mac) => mac !== null))];
  const rest = devices.length - DEVICES_NAMED;
  return (
    <>
      {devices.slice(0, DEVICES_NAMED).map((mac, at) => {
        const device = findDevice(mac);
        return (
          <span key={mac}>
            {at > 0 && ', '}
            {device === undefined ? mac : <DeviceName device={device} limit={32} />}
          </span>
        );
      })}
      {rest > 0 && ` and ${plural(rest, 'other')}`}
    </>
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
