// A device's recent bytes as a row of bars. Decoration beside the numbers; unmeasured steps are left open, not drawn as zero.

const WIDTH = 96;
const HEIGHT = 24;

export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }) {
  const highest = values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  if (values.length === 0 || highest === 0) {
    return <span class="no-data small">{values.some((value) => value !== null) ? 'silent' : 'no data'}</span>;
  }
  const step = WIDTH / values.length;
  return (
    <svg
      class="sparkline"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      <path class="base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      <path class="bars" d={values.map((value, index) => bar(value, index * step, step, highest)).join('')} />
    </svg>
  );
}

/** Square-root height, so that a keep-alive stays visible beside a video. */
function bar(value: number | null, x: number, step: number, highest: number): string {
  if (value === null || value === 0) return '';
  const height = Math.max(1.5, Math.sqrt(value / highest) * (HEIGHT - 2));
  return `M${x.toFixed(1)} ${HEIGHT}v${(-height).toFixed(1)}h${Math.max(0.8, step * 0.8).toFixed(1)}v${height.toFixed(1)}z`;
}
