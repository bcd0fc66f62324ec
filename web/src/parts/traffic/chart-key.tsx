// What the traffic chart's axes and hatching mean.

export function ChartKey({ unit }: { unit: string }) {
  return (
    <p class="chart-key small muted">
      In above the line, out below it, bytes per second ({unit}), UTC. <span class="hatch" aria-hidden="true" /> nothing
      was recorded. Left blank: no figures here.
    </p>
  );
}
