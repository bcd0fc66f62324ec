// A device's recent bytes as a row of bars. Decoration next to the numbers; minutes without recording are hatched, not drawn as zero.

import type { DeviceRow } from '../../api/types.ts';
import { gapsOf } from '../../recording.ts';
import { isReplayed, recording } from '../../state.ts';
import { minute } from '../../time/clock.ts';
import { hourUntil } from '../../traffic.ts';

const WIDTH = 96;
const HEIGHT = 24;

/** The device's last hour, which ends now: its row may be from when it was last heard. */
export function Sparkline({ device }: { device: DeviceRow }) {
  const end = isReplayed.value ? device.sparkline_minute : minute.value;
  const gaps = isReplayed.value ? [] : gapsOf(recording.value, minute.value + 60);
  return <Bars values={hourUntil(end, device.sparkline, device.sparkline_minute, gaps)} />;
}

const LABEL = 'Bytes in each of the last 60 minutes';

function Bars({ values }: { values: readonly (number | null)[] }) {
  const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  if (values.length === 0 || highest === 0) {
    return <span class="no-data small">{values.some((value) => value !== null) ? 'silent' : 'not recorded'}</span>;
  }
  const step = WIDTH / values.length;
  return (
    <svg
      class="sparkline"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={LABEL}
    >
      <path class="base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      <path class="unrecorded" d={values.map((value, index) => stripe(value, index * step, step)).join('')} />
      <path class="bars" d={values.map((value, index) => bar(value, index * step, step, highest)).join('')} />
    </svg>
  );
}

/** Slanted as the hatching of the large chart. */
function stripe(value: number | null, x: number, step: number): string {
  return value === null ? `M${x.toFixed(1)} ${HEIGHT}l${step.toFixed(1)} ${-HEIGHT}` : '';
}

/** Square-root height, so that a keep-alive stays visible next to a video. */
function bar(value: number | null, x: number, step: number, highest: number): string {
  if (value === null || value === 0) return '';
  const height = Math.max(1.5, Math.sqrt(value / highest) * (HEIGHT - 2));
  return `M${x.toFixed(1)} ${HEIGHT}v${(-height).toFixed(1)}h${Math.max(0.8, step * 0.8).toFixed(1)}v${height.toFixed(1)}z`;
}
