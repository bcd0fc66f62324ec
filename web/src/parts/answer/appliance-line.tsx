// One line above the answer: what the appliance itself needs. And what is new since this browser last looked.

import { useSignal } from '@preact/signals';
import type { DeviceRow } from '../../api/types.ts';
import { plural } from '../../format/quantity.ts';
import { countryName } from '../../format/words.ts';
import { keepLook, readLook } from '../../kept-look.ts';
import { needsOf, wellWords } from '../../needs.ts';
import { lookOf, type News, newsSince } from '../../news.ts';
import { href } from '../../route.ts';
import { devices, findDevice, recording, status } from '../../state.ts';
import { now } from '../../time/clock.ts';
import { DeviceLink } from '../device-name.tsx';
import { Ago } from '../values.tsx';

export function ApplianceLine() {
  const said = status.value;
  if (said === undefined) return null;
  const needs = needsOf(said, recording.value, now.value / 1000);
  if (needs.length === 0) return <p class="appliance-line good">The appliance needs nothing. {wellWords(said)}</p>;
  const tone = needs.some((need) => need.tone === 'bad') ? 'bad' : 'warn';
  return (
    <p class={`appliance-line ${tone}`}>
      <strong>The appliance:</strong>{' '}
      {needs.map(({ text, view }, at) => (
        <span key={text}>
          {at > 0 && ' · '}
          <a href={href(view)}>{text}</a>
        </span>
      ))}
    </p>
  );
}

const NEWS_SHOWN = 6;

export function SinceLastLook() {
  const appliance = status.value?.appliance.id;
  const rows = devices.value;
  if (appliance === undefined || rows === undefined || rows.length === 0) return null;
  return <LookedAt appliance={appliance} rows={rows} />;
}

function LookedAt({ appliance, rows }: { appliance: string; rows: readonly DeviceRow[] }) {
  const look = useSignal(readLook(appliance));
  const keep = () => {
    const seen = lookOf(rows, new Date(now.peek()).toISOString());
    keepLook(appliance, seen);
    look.value = seen;
  };
  if (look.value === undefined) {
    // The first visit: everything would be new, and so nothing is.
    queueMicrotask(keep);
    return null;
  }
  const news = newsSince(look.value, rows);
  if (news.length === 0) return null;
  return (
    <section class="panel news" aria-label="New since your last look">
      <p>
        <strong>
          New since your last look, <Ago moment={look.value.at} />:
        </strong>{' '}
        {news.slice(0, NEWS_SHOWN).map((one, at) => (
          <span key={`${one.what} ${one.id}`}>
            {at > 0 && ' · '}
            <NewsText news={one} />
          </span>
        ))}
        {news.length > NEWS_SHOWN && ` · and ${news.length - NEWS_SHOWN} more`}
      </p>
      <button type="button" class="button quiet" onClick={keep}>
        Mark as seen
      </button>
    </section>
  );
}

function NewsText({ news }: { news: News }) {
  const device = <DeviceLink mac={news.id} />;
  switch (news.what) {
    case 'device':
      return <>{device} is here</>;
    case 'country':
      return (
        <>
          {device} speaks with {news.countries.map(countryName).join(', ')}
        </>
      );
    case 'findings':
      return (
        <>
          {device} has{' '}
          <a href={href('findings', undefined, { device: findDevice(news.id)?.mac ?? news.id })}>
            {plural(news.more, 'grave finding')}
          </a>{' '}
          more
        </>
      );
  }
}
