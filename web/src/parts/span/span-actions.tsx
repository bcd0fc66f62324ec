// What can be done with exactly the span that is shown: download its packets, mark it as a tag, compare it with another.

import { useSignal } from '@preact/signals';
import { post } from '../../api/request.ts';
import type { MarkRequest } from '../../api/types.ts';
import { loadWindows } from '../../feed.ts';
import { route } from '../../navigation.ts';
import { explain } from '../../resource.ts';
import { announcement, devices } from '../../state.ts';
import { minute } from '../../time/clock.ts';
import { type Range, spanPath, spanQuery } from '../../time/span.ts';
import { deviceOption } from '../device-name.tsx';
import { Dialog } from '../dialog.tsx';
import { DownloadIcon } from '../icons.tsx';
import { CompareSpans } from './compare-spans.tsx';

export function SpanActions({ range }: { range: Range }) {
  const asked = useSignal<'tag' | 'compare' | undefined>(undefined);
  const close = () => (asked.value = undefined);
  const { view, id } = route.value;
  const device = view === 'devices' ? id : (route.value.query.get('device') ?? undefined);
  const isSpan = range.from !== null && range.problem === '';
  return (
    <span class="span-actions">
      {range.problem === '' && (
        <a
          class="button quiet"
          href={spanPath(device ?? '', range)}
          download={`weir-${device ?? 'all'}.pcap`}
          title={`One pcap of ${device === undefined ? 'all devices' : 'this device'}; the ledger keeps that you took it.`}
        >
          <DownloadIcon /> Download its packets
        </a>
      )}
      <button type="button" class="button quiet" disabled={!isSpan} onClick={() => (asked.value = 'tag')}>
        Tag it …
      </button>
      <button type="button" class="button quiet" disabled={!isSpan} onClick={() => (asked.value = 'compare')}>
        Compare it …
      </button>
      {asked.value === 'tag' && <Tag range={range} device={device} onClose={close} />}
      {asked.value === 'compare' && <CompareSpans range={range} device={device} onClose={close} />}
    </span>
  );
}

interface TagProps {
  readonly range: Range;
  readonly device: string | undefined;
  readonly onClose: () => void;
}

/** Marks the span afterwards; one that ends now ends with the last whole minute. */
function Tag({ range, device, onClose }: TagProps) {
  const name = useSignal('');
  const about = useSignal(device ?? '');
  const note = useSignal('');
  const problem = useSignal('');
  const mark = async () => {
    const { from = '', to = '' } = spanQuery({ from: range.from, to: range.to ?? minute.peek() });
    const request: MarkRequest = {
      tag: name.value,
      from,
      to,
      ...(about.value === '' ? {} : { device: about.value }),
      ...(note.value === '' ? {} : { note: note.value }),
    };
    try {
      await post('api/v1/windows', request);
      announcement.value = `The span is tagged ${request.tag}.`;
      onClose();
      await loadWindows().catch(() => undefined);
    } catch (thrown) {
      problem.value = explain(thrown);
    }
  };
  return (
    <Dialog title="Tag this span" onClose={onClose}>
      <form
        class="stacked-form"
        onSubmit={(event) => {
          event.preventDefault();
          void mark();
        }}
      >
        <label>
          Name
          <input
            required
            pattern="[A-Za-z0-9_]{1,64}"
            title="Letters, digits and _, at most 64"
            value={name.value}
            onInput={(event) => (name.value = event.currentTarget.value)}
          />
        </label>
        <label>
          Device
          <select value={about.value} onChange={(event) => (about.value = event.currentTarget.value)}>
            <option value="">All devices</option>
            {(devices.value ?? []).map((row) => (
              <option key={row.id} value={row.id}>
                {deviceOption(row)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Note
          <input maxLength={256} value={note.value} onInput={(event) => (note.value = event.currentTarget.value)} />
        </label>
        <p class="bad-text small" role="alert">
          {problem}
        </p>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button strong">
            Tag it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
