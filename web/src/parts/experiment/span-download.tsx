// One pcap of a device and the time that is shown, which is in the address, so that it can be sent to somebody.

import { route, setQuery } from '../../navigation.ts';
import { devices } from '../../state.ts';
import { chosenRange } from '../../time/chosen.ts';
import { spanPath } from '../../time/span.ts';
import { deviceOption } from '../device-name.tsx';
import { DownloadIcon } from '../icons.tsx';

export function SpanDownload() {
  const device = route.value.query.get('device') ?? '';
  const range = chosenRange();
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
      {device === '' || range.trouble !== '' ? (
        <p class="muted small" role="status">
          {range.trouble || 'Choose a device to download its packets of the time that is shown.'}
        </p>
      ) : (
        <a class="button quiet" href={spanPath(device, range)} download={`weir-${device}.pcap`}>
          <DownloadIcon /> Download as one pcap
        </a>
      )}
      <p class="muted small">In the order of time, from all files of the device. The ledger keeps that you did.</p>
    </form>
  );
}
