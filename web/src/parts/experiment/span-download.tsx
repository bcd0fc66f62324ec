// One pcap of a device and a span of time. The span is in the address, in UTC, so that it can be sent to somebody.

import { route, setQuery } from '../../navigation.ts';
import { SPANS, spanOf, spanPath } from '../../span.ts';
import { devices } from '../../state.ts';
import { deviceOption } from '../device-name.tsx';
import { DownloadIcon } from '../icons.tsx';

export function SpanDownload() {
  const { query } = route.value;
  const device = query.get('device') ?? '';
  const { from, to, trouble } = spanOf(query.get('from') ?? '', query.get('to') ?? '');
  return (
    <form class="inline-form" onSubmit={(event) => event.preventDefault()}>
      <label class="inline-field">
        Device
        <select value={device} onChange={(event) => setQuery('device', event.currentTarget.value)}>
          <option value="">Choose one</option>
          {(devices.value ?? []).map((row) => (
            <option key={row.id} value={row.id}>
              {deviceOption(row)}
            </option>
          ))}
        </select>
      </label>
      <Moment name="from" label="From, UTC" value={from} />
      <Moment name="to" label="To, UTC" value={to} />
      <span class="segmented" role="group" aria-label="Span of time">
        {SPANS.map(({ name, hours }) => (
          <button key={name} type="button" onClick={() => choose(hours)}>
            {name}
          </button>
        ))}
      </span>
      {device === '' || trouble !== '' ? (
        <p class="muted small" role="status">
          {trouble || 'Choose a device to download its packets of that time.'}
        </p>
      ) : (
        <a class="button quiet" href={spanPath(device, from, to)} download={`weir-${device}.pcap`}>
          <DownloadIcon /> Download as one pcap
        </a>
      )}
      <p class="muted small">In the order of time, from all files of the device. The ledger keeps that you did.</p>
    </form>
  );
}

function Moment({ name, label, value }: { name: 'from' | 'to'; label: string; value: string }) {
  return (
    <label class="inline-field">
      {label}
      <input
        type="datetime-local"
        step={1}
        value={value}
        onChange={(event) => setQuery(name, event.currentTarget.value)}
      />
    </label>
  );
}

/** Empty for everything. */
function choose(hours: number | null): void {
  const text = (millis: number) => new Date(millis).toISOString().slice(0, 19);
  const now = Date.now();
  setQuery('from', hours === null ? '' : text(now - hours * 3_600_000));
  setQuery('to', hours === null ? '' : text(now));
}
