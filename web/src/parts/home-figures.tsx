// Under the answer of the first screen: what passes now, and every device's figures.

import type { DeviceRow } from '../api/types.ts';
import { DeviceTable } from './device-table.tsx';
import { TrafficPanel } from './traffic/traffic-panel.tsx';

export function HomeFigures({ all }: { all: readonly DeviceRow[] }) {
  return (
    <>
      <TrafficPanel height={220} />
      {all.length > 0 && <DeviceTable all={all} />}
    </>
  );
}
