// One packet in place: its layers, its bytes with those of the selected layer or of the finding marked, and its message. The payload
// is hidden until somebody asks for it, which the ledger keeps. Whatever was captured is text here.

import { useState } from 'preact/hooks';
import type { ByteRange, PacketView } from '../../../../appliance/model/document/packet.ts';
import { get, post } from '../../api/request.ts';
import { bytes, count, plural } from '../../format/quantity.ts';
import { hexRows, hexText } from '../../hex-rows.ts';
import { explain, useResource } from '../../resource.ts';
import { Loading, Problem } from '../panel.tsx';
import { At, DeviceText, Sha256 } from '../values.tsx';

export function Packet({ finding, evidence }: { finding: string; evidence: number }) {
  return <PacketAt path={`api/v1/findings/${encodeURIComponent(finding)}/packet`} query={`?evidence=${evidence}`} />;
}

/** `path` of the API, to which `/reveal` may be added. */
export function PacketAt({ path, query = '' }: { path: string; query?: string }) {
  const { value, problem, reload } = useResource(() => get<PacketView>(`${path}${query}`), `${path}${query}`);
  const [revealed, setRevealed] = useState<PacketView>();
  const [refused, setRefused] = useState('');
  const reveal = async () => {
    setRefused('');
    try {
      setRevealed(await post<PacketView>(`${path}/reveal${query}`, {}));
    } catch (thrown) {
      setRefused(explain(thrown));
    }
  };
  if (value === undefined)
    return problem === undefined ? <Loading what="the packet" /> : <Problem message={problem} onRetry={reload} />;
  const view = revealed ?? value;
  return (
    <section class="packet" aria-label={`Packet ${view.packet}`}>
      <Head view={view} />
      <Layers key={String(view.revealed)} view={view} />
      {!view.revealed && (
        <p>
          <button type="button" class="button" onClick={() => void reveal()}>
            Reveal the payload
          </button>{' '}
          <span class="muted">The ledger keeps that you looked.</span>
        </p>
      )}
      {refused !== '' && (
        <p class="bad-text" role="alert">
          {refused}
        </p>
      )}
      {view.message !== null && <Message message={view.message} />}
    </section>
  );
}

const CHECKED: Readonly<Record<PacketView['checked'], string>> = {
  same: 'The file has the hash that the ledger gives:',
  open: 'The file is still being written.',
  file: 'Of a file of your own:',
};

function Head({ view }: { view: PacketView }) {
  const cut = view.captured_length < view.original_length;
  return (
    <p>
      Packet {count(view.packet)}
      {view.segment !== null && (
        <>
          {' '}
          of <a href={`#/captures?segment=${view.segment}`}>file #{view.segment}</a>
        </>
      )}
      , <At moment={view.ts} />, {plural(view.captured_length, 'byte')}
      {cut && ` of ${count(view.original_length)}; the rest was not captured`}. {CHECKED[view.checked]}{' '}
      {view.sha256 !== null && <Sha256 value={view.sha256} />}
    </p>
  );
}

function Layers({ view }: { view: PacketView }) {
  const [chosen, setChosen] = useState<number>();
  const layer = chosen === undefined ? undefined : view.layers[chosen];
  const marked = layer === undefined ? view.marked : [layer.range];
  return (
    <>
      <ol class="layers">
        {view.layers.map(({ name, fields, range: [from, to] }, index) => (
          <li key={name}>
            <button
              type="button"
              aria-pressed={chosen === index}
              title={`bytes ${from} to ${to - 1}`}
              onClick={() => setChosen(chosen === index ? undefined : index)}
            >
              <DeviceText text={name} limit={48} />
            </button>
            <dl>
              {fields.map((field, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: headers repeat, and the list does not change
                <div key={at}>
                  <dt>
                    <DeviceText text={field.name} limit={40} />
                  </dt>
                  <dd>
                    <DeviceText text={field.value} limit={300} />
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ol>
      <Hex label="Bytes of the packet" hex={view.hex} marked={marked} />
      {view.left_out > 0 && <p class="muted">{plural(view.left_out, 'more byte')} are not shown.</p>}
    </>
  );
}

function Message({ message }: { message: NonNullable<PacketView['message']> }) {
  const { packets, length, cut } = message;
  return (
    <>
      <p>
        {packets.length > 1 && `Part of a message of ${bytes(length)} in ${plural(packets.length, 'packet')}`}
        {packets.length <= 1 && `The whole message: ${bytes(length)}`}
        {cut && '; more of it is not shown, or was not captured'}.
      </p>
      {message.bytes !== '' && (
        <>
          {packets.length > 1 && <Hex label="Bytes of the message" hex={message.bytes} marked={message.marked} />}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
          <pre class="hex message" aria-label="The message as text" tabIndex={0}>
            {hexText(message.bytes, TEXT_BYTES)}
          </pre>
        </>
      )}
    </>
  );
}

/** Of a message as text. */
const TEXT_BYTES = 8192;
/** Rows drawn at first: a message may be 64 KiB. */
const ROWS = 32;

function Hex({ label, hex, marked }: { label: string; hex: string; marked: readonly ByteRange[] }) {
  const [limit, setLimit] = useState(ROWS);
  const rows = hexRows(hex, marked, limit);
  const left = Math.ceil(hex.length / 32) - rows.length;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a phone, so the keyboard must reach it */}
      <pre class="hex" aria-label={label} tabIndex={0}>
        {rows.map(({ offset, parts }) => (
          <span key={offset}>
            <span class="offset">{offset}</span>
            {'  '}
            {parts.map((part) => (part.isMarked ? <mark key={part.at}>{part.hex}</mark> : part.hex))}
            {'  '}
            {parts.map((part) => (part.isMarked ? <mark key={part.at}>{part.text}</mark> : part.text))}
            {'\n'}
          </span>
        ))}
      </pre>
      {left > 0 && (
        <button type="button" class="button quiet" onClick={() => setLimit(limit * 4)}>
          Show more ({plural(left, 'row')} not shown)
        </button>
      )}
    </>
  );
}
