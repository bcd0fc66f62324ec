// The first screen's answer: each device in plain words, gravest first, with what went to the Internet and what stayed at home.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { DeviceRow, DeviceSentences } from '../../api/types.ts';
import { bytes, plural } from '../../format/quantity.ts';
import { verdictWords } from '../../format/words.ts';
import { href } from '../../route.ts';
import { findDevice } from '../../state.ts';
import { verdictParts } from '../../verdicts.ts';
import { afterPaint } from '../after-paint.ts';
import { DeviceName } from '../device-name.tsx';
import { CategoryIcon } from '../icons.tsx';
import { Sparkline } from '../traffic/sparkline.tsx';
import { Bytes } from '../values.tsx';
import { ShareBar } from '../verdict-bar.tsx';
import { SentenceText } from './sentence.tsx';

/** Of a device; the others are on its page. */
const SENTENCES_SHOWN = 3;

/** More than a screen holds; the others follow when these are drawn. */
const AT_ONCE = 8;

export function AnswerList({ devices }: { devices: readonly DeviceSentences[] }) {
  const isWhole = useSignal(devices.length <= AT_ONCE);
  useEffect(() => afterPaint(() => (isWhole.value = true)), []);
  return (
    <ul class="answers">
      {(isWhole.value ? devices : devices.slice(0, AT_ONCE)).map((said) => {
        const device = findDevice(said.id);
        return device === undefined ? null : <Answer key={said.id} device={device} said={said} />;
      })}
    </ul>
  );
}

/** Severe findings are next to the name. */
function Answer({ device, said }: { device: DeviceRow; said: DeviceSentences }) {
  const [first, ...more] = said.sentences.filter(({ parts }) => parts.every(({ noun }) => noun !== 'findings'));
  const rest = more.length + 1 - SENTENCES_SHOWN;
  return (
    <li class={`answer ${first?.grade ?? 'none'}${device.present ? '' : ' absent'}`}>
      <CategoryIcon category={device.category} />
      <div class="answer-words">
        <h2>
          <a href={href('devices', device.id)} class="strong-link">
            <DeviceName device={device} />
          </a>{' '}
          <GraveFindings device={device} />
        </h2>
        {first !== undefined && (
          <p class="first">
            <SentenceText device={device} sentence={first} />
          </p>
        )}
        {more.length > 0 && (
          <ul class="also small">
            {more.slice(0, SENTENCES_SHOWN - 1).map((sentence) => (
              <li key={`${sentence.scope} ${sentence.parts.map(({ text }) => text).join('')}`}>
                <SentenceText device={device} sentence={sentence} />
              </li>
            ))}
            {rest > 0 && (
              <li>
                <a href={href('devices', device.id)}>and {rest} more</a>
              </li>
            )}
          </ul>
        )}
      </div>
      <Side label="Internet" side={said.internet} />
      <Side label="Home" side={said.home} />
      <div class="answer-line">
        <Sparkline device={device} />
        <span class="muted small">last hour</span>
      </div>
    </li>
  );
}

function GraveFindings({ device: { id, mac, findings } }: { device: DeviceRow }) {
  if (findings.high === 0) return null;
  return (
    <a href={href('findings', undefined, { device: mac ?? id })} class="pill bad">
      {plural(findings.high, 'grave finding')}
    </a>
  );
}

/** Bytes both ways, and how they were protected. */
function Side({ label, side }: { label: string; side: DeviceSentences['internet'] }) {
  const parts = verdictParts(side.protection);
  const words = parts.map((part) => `${verdictWords(part.verdict).name}: ${bytes(part.bytes)}`);
  return (
    <div class="answer-side" title={words.join('\n')}>
      <span class="muted small">{label}</span>
      <span>
        <Bytes value={side.bytes_up + side.bytes_down} />
      </span>
      {parts.length > 0 && <ShareBar parts={parts} />}
      <span class="visually-hidden">{words.join(', ')}</span>
    </div>
  );
}
