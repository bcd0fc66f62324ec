// One pcap of a device or of all, and of the time and phase that are shown, which are in the address, so that it can be sent to somebody.

import { phaseName } from '../../format/words.ts';
import { route, setQuery } from '../../navigation.ts';
import { devices } from '../../state.ts';
import { chosenRange } from '../../time/chosen.ts';
import { spanPath } from '../../time/span.ts';
import { deviceOption } from '../device-name.tsx';
import { DownloadIcon } from '../icons.tsx';

export function SpanDownload() {
  const device = route.value.query.get('device') ?? '';
  const phase = route.value.query.get('phase') ?? '';
  const range = chosenRange();
  const path = spanPath(device, range, phase);
  const whose = device === '' ? 'all devices' : 'the device';
  return (
    <form class="inline-form" onSubmit={(event) => event.preventDefault()}>
      <label class="inline-field">
        Device
        <select value={device} onChange={(event) => setQuery('device', event.currentTarget.value)}>
          <option value="">All devices</option>
          {(devices.value ?? []).map((row) => (
            <option key={row.id} value={row.id}>
              {deviceOption(row)}
            </option>
          ))}
        </select>
      </label>
      {range.problem === '' && (
        <a class="button quiet" href={path} download={`weir-${device || phase || 'all'}.pcap`}>
          <DownloadIcon /> Download as one pcap
        </a>
      )}
      <p class="muted small" role="status">
        {range.problem ||
          `In the order of time, from all files of ${whose}${phase === '' ? '' : `, phase ${phaseName(phase)}`}. The ledger keeps that you did.`}
      </p>
      <details class="small">
        <summary>Straight into Wireshark</summary>
        <p>With a token of the scope captures (page Access), from any computer that reaches the appliance:</p>
        <code class="path">
          {`curl -N -H "Authorization: Bearer TOKEN" '${new URL(path, document.baseURI).href}' | wireshark -k -i -`}
        </code>
      </details>
    </form>
  );
}
