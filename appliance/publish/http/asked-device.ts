// Which device a request means. An address in hardware form needs nobody; a name and an IP address are those of the rows, which after a
// start are still to be drawn: who asks by them waits as who asks for the rows does.

import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import { meantDevice } from '../device-word.ts';

/** @throws WeirError DEVICE_UNKNOWN, DEVICE_AMBIGUOUS */
export async function askedDevice(api: ApplianceApi, word: string): Promise<DeviceKey> {
  if (parseDevice(word.trim().toLowerCase()) === undefined) await api.refreshed();
  return meantDevice(word, () => api.devices());
}
