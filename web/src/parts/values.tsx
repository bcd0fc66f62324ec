// Single values: short on the page, exact in the title, "no data" where there is none.

import { ANYCAST_WORD } from '../../../appliance/model/place-word.ts';
import { deviceText } from '../format/device-text.ts';
import { count, exactBytes, bytes as formatBytes, NO_DATA, shortCount } from '../format/quantity.ts';
import { ago, type Moment, stamp } from '../format/time.ts';
import { countryName, verdictWords } from '../format/words.ts';
import { now } from '../time/clock.ts';

export function NoData({ why }: { why?: string | undefined }) {
  return (
    <span class="no-data" title={why}>
      {NO_DATA}
    </span>
  );
}

export function Bytes({ value }: { value: number | null | undefined }) {
  if (value === null || value === undefined) return <NoData />;
  return (
    <span class="nowrap" title={exactBytes(value)}>
      {formatBytes(value)}
    </span>
  );
}

export function Count({ value }: { value: number | null | undefined }) {
  if (value === null || value === undefined) return <NoData />;
  return (
    <span class="nowrap" title={count(value)}>
      {shortCount(value)}
    </span>
  );
}

/** How long ago, kept current; the moment itself in the title. */
export function Ago({ moment }: { moment: Moment }) {
  return (
    <span class="nowrap" title={stamp(moment)}>
      {ago(moment, now.value)}
    </span>
  );
}

export function At({ moment }: { moment: Moment }) {
  return <span class="nowrap">{stamp(moment)}</span>;
}

/** Text that a device or a stranger chose; always a text node. */
export function DeviceText({ text, limit = 64 }: { text: string; limit?: number }) {
  const { shown, title, altered } = deviceText(text, limit);
  return (
    <bdi class={altered ? 'device-text altered' : 'device-text'} title={title}>
      {shown}
    </bdi>
  );
}

/** How a name was learned (`dns`, `sni`, …), small, next to it. */
export function Source({ from }: { from: string }) {
  return (
    <span class="source">
      <DeviceText text={from} limit={16} />
    </span>
  );
}

export function Country({ code }: { code: string | null | undefined }) {
  if (code === undefined || code === 'XX') return <span class="muted">unknown</span>;
  if (code === null || code === ANYCAST_WORD) {
    return (
      <span class="muted" title="answers from the nearest of many places">
        {ANYCAST_WORD}
      </span>
    );
  }
  if (code === 'local') {
    return (
      <span class="muted" title={countryName(code)}>
        {code}
      </span>
    );
  }
  return (
    <span>
      <span class="country-code">{code}</span> {countryName(code)}
    </span>
  );
}

export function Verdict({ word, title }: { word: string; title?: string | undefined }) {
  const { name, tone, meaning } = verdictWords(word);
  return (
    <span class={`pill ${tone}`} title={title ?? meaning}>
      {name}
    </span>
  );
}

export function Severity({ level }: { level: string }) {
  const tone = level === 'high' ? 'bad' : level === 'medium' ? 'warn' : 'none';
  return <span class={`pill ${tone}`}>{level}</span>;
}

/** The start of a SHA-256, the whole in the title; selecting it all copies the whole. */
export function Sha256({ value }: { value: string | null | undefined }) {
  if (!value) return <NoData />;
  return (
    <code class="hash" title={value}>
      {value.slice(0, 12)}…
    </code>
  );
}
