// What a device is called: its best name with the vendor, else the vendor, else its address. The address is next to it
// wherever there is room, because names are chosen by devices and addresses are what files are named after.

import type { DeviceRow } from '../api/types.ts';
import { deviceText } from '../format/device-text.ts';
import { href } from '../route.ts';
import { findDevice, findDeviceByIp } from '../state.ts';
import { DeviceText } from './values.tsx';

const PSEUDO: Readonly<Record<string, string>> = {
  _infra: 'Access point and unknown senders',
  _overflow: 'Devices beyond the limit',
};

export function plainDeviceName(device: DeviceRow): string {
  return PSEUDO[device.id] ?? (device.name || device.model || device.maker || device.vendor || device.mac || device.id);
}

/** For a list of choices, where only plain text is possible. */
export function deviceOption(device: DeviceRow): string {
  return deviceText(plainDeviceName(device), 40).shown;
}

export function DeviceName({ device, limit = 48 }: { device: DeviceRow; limit?: number }) {
  return <DeviceText text={plainDeviceName(device)} limit={limit} />;
}

/** Maker, model and category, then the address and whether it is made up. */
export function DeviceAddress({ device }: { device: DeviceRow }) {
  const shownAsName = plainDeviceName(device);
  const said = [device.maker ?? device.vendor, device.model, device.category]
    .filter((text) => text !== null)
    .filter((text) => text !== shownAsName);
  return (
    <span class="device-address muted small">
      {said.length > 0 && (
        <span>
          {said.map((text, index) => (
            <span key={text}>
              {index > 0 && ' · '}
              <DeviceText text={text} limit={36} />
            </span>
          ))}
        </span>
      )}
      <span>
        {device.mac !== null && <code class="nowrap">{device.mac}</code>}{' '}
        {device.randomised && (
          <span title="The address was chosen by software; it says nothing of the vendor.">randomised</span>
        )}
      </span>
    </span>
  );
}

/** The device that has this address on the captured network, as a link; nothing for any other address. */
export function LocalPeer({ ip }: { ip: string }) {
  const device = findDeviceByIp(ip);
  return device === undefined ? null : <DeviceLink mac={device.id} />;
}

/** A device somewhere else than in the device list: its name as a link, or its address if it is not known. */
export function DeviceLink({ mac }: { mac: string }) {
  const device = findDevice(mac);
  if (device === undefined) return <code>{mac}</code>;
  return (
    <a href={href('devices', device.id)}>
      <DeviceName device={device} limit={32} />
    </a>
  );
}
