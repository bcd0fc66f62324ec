// The devices heard last, next to the chart: who is talking now.

import type { DeviceRow } from '../api/types.ts';
import { plural } from '../format/quantity.ts';
import { toMillis } from '../format/time.ts';
import { href } from '../route.ts';
import { devices, status } from '../state.ts';
import { DeviceName } from './device-name.tsx';
import { CategoryIcon } from './icons.tsx';
import { Panel } from './panel.tsx';
import { Sparkline } from './traffic/sparkline.tsx';
import { Ago, Bytes } from './values.tsx';

const SHOWN = 6;

export function RecentDevices() {
  const all = (devices.value ?? []).filter((device) => device.mac !== null);
  const recent = [...all].sort((a, b) => lastSeen(b) - lastSeen(a)).slice(0, SHOWN);
  return (
    <Panel
      title="Heard last"
      class="recent-panel"
      aside={<a href={href('devices')}>All: {plural(all.length, 'device')}</a>}
    >
      {recent.length === 0 ? (
        <p class="empty">{status.value === undefined ? 'Loading …' : 'No device has sent anything yet.'}</p>
      ) : (
        <ul class="recent">
          {recent.map((device) => (
            <li key={device.id}>
              <a href={href('devices', device.id)}>
                <CategoryIcon category={device.category} />
                <span class="recent-name">
                  <DeviceName device={device} limit={40} />
                  <span class="muted small">
                    <Ago moment={device.last_seen} />
                  </span>
                </span>
                <Sparkline device={device} />
                <span class="recent-bytes small">
                  <Bytes value={device.bytes_up + device.bytes_down} />
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function lastSeen(device: DeviceRow): number {
  return toMillis(device.last_seen) ?? 0;
}
