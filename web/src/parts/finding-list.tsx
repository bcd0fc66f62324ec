// Findings as a list that can be read from top to bottom: what, how sure, how often, the masked excerpt, and the packets
// that prove it.

import { useState } from 'preact/hooks';
import { compareSeverities } from '../../../appliance/model/severity.ts';
import type { FindingRow } from '../api/types.ts';
import { count, percent, plural } from '../format/quantity.ts';
import { DeviceLink } from './device-name.tsx';
import { Ago, DeviceText, Severity, Utc } from './values.tsx';

/** The API's finding, or the document's, which is the same with a remedy. */
type AnyFinding = Omit<FindingRow, 'evidence'> & {
  readonly remedy?: string;
  readonly evidence: readonly { readonly packet: number; readonly ts: string; readonly segment?: number | null }[];
};

interface Props {
  readonly findings: readonly AnyFinding[];
  readonly showDevice: boolean;
  readonly empty: string;
}

/** More are drawn on demand only: the list is drawn anew with each finding that changes, and a device can make thousands. */
const DRAWN = 100;

export function FindingList({ findings, showDevice, empty }: Props) {
  const [limit, setLimit] = useState(DRAWN);
  if (findings.length === 0) return <p class="empty">{empty}</p>;
  const sorted = [...findings].sort(byRank);
  return (
    <>
      <ol class="findings">
        {sorted.slice(0, limit).map((finding) => (
          <li key={finding.id} class={`finding ${finding.severity}`}>
            <Finding finding={finding} showDevice={showDevice} />
          </li>
        ))}
      </ol>
      {sorted.length > limit && (
        <button type="button" class="button quiet more" onClick={() => setLimit(limit + DRAWN)}>
          Show more ({sorted.length - limit} not shown)
        </button>
      )}
    </>
  );
}

/** An order that stays while counts rise: severity, rule, device. */
function byRank(a: AnyFinding, b: AnyFinding): number {
  return (
    compareSeverities(a, b) || compare(a.rule, b.rule) || compare(a.device ?? '', b.device ?? '') || compare(a.id, b.id)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function Finding({ finding, showDevice }: { finding: AnyFinding; showDevice: boolean }) {
  return (
    <article>
      <header>
        <Severity level={finding.severity} />
        <code class="rule">{finding.rule}</code>
        {showDevice && finding.device !== null && <DeviceLink mac={finding.device} />}
        <span class="muted small">
          {finding.count === 1 ? 'once' : `${count(finding.count)} times`}, last <Ago moment={finding.last_ts} />,
          confidence {percent(finding.confidence)}
        </span>
      </header>
      <p>
        <DeviceText text={finding.explanation} limit={400} />
      </p>
      {finding.excerpt_masked !== '' && (
        <p class="excerpt">
          <code>
            <DeviceText text={finding.excerpt_masked} limit={200} />
          </code>
        </p>
      )}
      {finding.remedy !== undefined && finding.remedy !== '' && (
        <p class="small">
          <strong>What helps:</strong> <DeviceText text={finding.remedy} limit={400} />
        </p>
      )}
      <Evidence finding={finding} />
    </article>
  );
}

function Evidence({ finding }: { finding: AnyFinding }) {
  if (finding.evidence.length === 0) return null;
  return (
    <details class="small">
      <summary>Evidence: {plural(finding.evidence.length, 'packet')}</summary>
      <ul class="plain-list">
        {finding.evidence.slice(0, 20).map(({ segment, packet, ts }) => (
          <li key={`${segment} ${packet}`}>
            packet {count(packet)}
            {segment !== null && segment !== undefined && (
              <>
                {' '}
                of <a href={`#/captures?segment=${segment}`}>segment {segment}</a>
              </>
            )}
            , <Utc moment={ts} />
          </li>
        ))}
      </ul>
    </details>
  );
}
