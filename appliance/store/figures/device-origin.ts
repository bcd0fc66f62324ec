// Where the document of one device comes from: what it says of its input, and what people said of the devices in it. Page and
// replay ask here, so that both show the same.

import { type DeviceKey, deviceFolder } from '../../model/mac.ts';
import type { SummaryOrigin } from '../summary-tools.ts';
import type { Identities } from '../tail/identities.ts';
import type { SegmentCatalog } from '../tail/segment-catalog.ts';

export function deviceOrigin(device: DeviceKey, catalog: SegmentCatalog, identities: Identities): SummaryOrigin {
  const { bytes } = catalog.stored(device);
  return { device, path: `captures/${deviceFolder(device)}`, bytes, identities: identities.all() };
}
