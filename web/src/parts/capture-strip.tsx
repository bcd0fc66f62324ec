// The line under the header of every view: is capture running, in which phase, what was received, written and lost, and
// how far analysis has come. No result is shown without it.

import { account, analysedWords, captureReasons, captureWord, type LossPart } from '../accounting.ts';
import type { StatusResponse } from '../api/types.ts';
import { count } from '../format/quantity.ts';
import { duration, since, stamp } from '../format/time.ts';
import { interactionName, phaseName } from '../format/words.ts';
import { gapsSince, gapWords } from '../recording.ts';
import { href } from '../route.ts';
import { recording, status } from '../state.ts';
import { now as clock } from '../time/clock.ts';
import { Ago, Count, DeviceText, NoData } from './values.tsx';

export function CaptureStrip() {
  const now = status.value;
  if (now === undefined) return null;
  const { word, tone } = captureWord(now);
  return (
    <section class="strip" aria-label="Capture">
      <details>
        <summary>
          <span class={`state ${tone}`} aria-live="polite">
            <span class="lamp" aria-hidden="true" />
            {word}
          </span>
          <Phase status={now} />
          <Losses status={now} />
          <Analysis status={now} />
          <span class="details-word">Accounting</span>
        </summary>
        <AccountingTable status={now} />
      </details>
      {captureReasons(now).map((reason) => (
        <p key={reason} class="reason" role="status">
          <DeviceText text={reason} limit={300} />
        </p>
      ))}
    </section>
  );
}

function Phase({ status: { phase } }: { status: StatusResponse }) {
  const isSaid = phase.interaction !== 'none' && phase.phase !== 'unknown';
  const interaction = isSaid ? ` · ${interactionName(phase.interaction)}` : '';
  return (
    <span class="item">
      <span class="label">Phase</span> {phaseName(phase.phase)}
      {interaction}
    </span>
  );
}

function Losses({ status: { capture } }: { status: StatusResponse }) {
  if (capture === null) {
    return (
      <span class="item">
        <span class="label">Packets</span> <NoData />
      </span>
    );
  }
  const { written, lost, unknown } = account(capture.counters);
  const gaps = gapWords(gapsSince(recording.value, capture.started, clock.value / 1000));
  return (
    <>
      <span class="item" title={`since capture started, ${stamp(capture.started)}`}>
        <span class="label">Written</span> <Count value={written} />{' '}
        <span class="muted">since {since(capture.started, clock.value)}</span>
      </span>
      <span class={lost > 0 || gaps !== '' ? 'item bad-text' : 'item'}>
        <span class="label">Lost</span> {count(lost)}
        {unknown && ' + unknown'}
        {gaps !== '' && `, and ${gaps}`}
      </span>
    </>
  );
}

function Analysis({ status: { analysis } }: { status: StatusResponse }) {
  const behind = analysis.lag_seconds >= 5;
  return (
    <span class={behind ? 'item warn-text' : 'item'}>
      <span class="label">Analysed</span> {analysedWords(analysis)}
      {behind && `, ${duration(analysis.lag_seconds)} behind`}
    </span>
  );
}

function AccountingTable({ status: now }: { status: StatusResponse }) {
  if (now.capture === null) {
    return (
      <p class="accounting muted">Capture does not answer, so nothing is claimed about packets since it stopped.</p>
    );
  }
  const { capture } = now;
  const { received, written, losses, underway } = account(capture.counters);
  const gaps = gapWords(gapsSince(recording.value, capture.started, clock.value / 1000));
  return (
    <div class="accounting">
      <table>
        <caption class="visually-hidden">What became of the received packets</caption>
        <tbody>
          <Line
            name="Received"
            meaning="Frames the kernel offered to the engine, as it said last."
            packets={received}
          />
          <Line
            name="Written"
            meaning="Stored at least once; a frame between two devices counts once."
            packets={written}
          />
          {losses.map((part) => (
            <Line key={part.name} {...part} />
          ))}
          <Line name="Self-test frames" meaning="Sent by the appliance itself." packets={capture.counters.canaries} />
          <Line name="Under way" meaning="Received, and not yet in any line above." packets={underway} />
        </tbody>
      </table>
      <p class="muted small">
        {capture.engine} on <DeviceText text={capture.interface} />, started <Ago moment={capture.started} />;{' '}
        {recording.value === undefined
          ? 'gaps not known yet'
          : gaps === ''
            ? 'no gap since'
            : `${gaps} without recording`}
        . Ledger: {count(capture.ledger.lines)} lines. <a href={href('captures')}>Captures</a> ·{' '}
        <a href={href('health')}>Health</a>
      </p>
    </div>
  );
}

function Line({ name, meaning, packets }: LossPart) {
  return (
    <tr>
      <th scope="row">
        {name} <span class="muted small">{meaning}</span>
      </th>
      <td class="numeric">{packets === null ? 'unknown' : count(packets)}</td>
    </tr>
  );
}
