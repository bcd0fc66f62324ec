// A sentence of the appliance: words, and nouns as links to what proves them.

import type { DeviceRow, DeviceSentences } from '../../api/types.ts';
import { exactBytes } from '../../format/quantity.ts';
import { href } from '../../route.ts';
import { DeviceText } from '../values.tsx';

type Sentence = DeviceSentences['sentences'][number];
type Part = Sentence['parts'][number];

/** Without its subject, which is next to it. */
export function SentenceText({ device, sentence }: { device: DeviceRow; sentence: Sentence }) {
  const parts = sentence.parts.filter(({ noun }) => noun !== 'device');
  return (
    <span class={`sentence ${sentence.grade}`}>
      {parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one sentence stay in their order
        <PartText key={at} device={device} part={at === 0 ? { ...part, text: part.text.trimStart() } : part} />
      ))}
    </span>
  );
}

function PartText({ device, part: { text, noun, value } }: { device: DeviceRow; part: Part }) {
  const to = noun === undefined ? undefined : addressOf(device, noun, value);
  if (to === undefined) return <>{text}</>;
  return (
    <a href={to} class={`noun of-${noun}`} title={noun === 'bytes' ? exactBytes(Number(value)) : undefined}>
      <DeviceText text={text} limit={80} />
    </a>
  );
}

/** Where a noun leads: to the destinations behind a place, to the findings behind a word about content, else to the device. */
function addressOf({ id: device, mac }: DeviceRow, noun: NonNullable<Part['noun']>, value = ''): string | undefined {
  switch (noun) {
    case 'country':
      return href('destinations', undefined, { device, country: value });
    case 'organisation':
      return href('destinations', undefined, { device, organisation: value });
    case 'bytes':
    case 'countries':
    case 'owners':
      return href('destinations', undefined, { device });
    case 'findings':
    case 'content':
      return href('findings', undefined, { device: mac ?? device });
    case 'form':
      return href('devices', device);
    case 'device':
      return undefined;
  }
}
