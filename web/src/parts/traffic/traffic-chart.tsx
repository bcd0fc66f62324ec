// The live chart: uPlot on a canvas, with the colours of the style sheet. For screen readers it is one picture with a
// sentence; the numbers are in the table next to it.

import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { rate } from '../../format/quantity.ts';
import { clockTime, stamp } from '../../format/time.ts';
import type { WindowMark } from '../../time/windows.ts';
import { roundTimes, zone } from '../../time/zone.ts';
import { type ChartTraffic, DIRECTIONS, type Gap } from '../../traffic.ts';
import { drawWindows } from './window-lanes.ts';

export interface TrafficChartProps {
  readonly traffic: ChartTraffic;
  /** Stretches in which nothing was recorded, to hatch. */
  readonly gaps: readonly Gap[];
  /** What else the ledger knows of that time, to mark. */
  readonly windows: readonly WindowMark[];
  /** Takes the span that somebody drew over the chart, in seconds since 1970. */
  readonly onBrush: (from: number, to: number) => void;
  readonly description: string;
  readonly height: number;
}

const DARK = matchMedia('(prefers-color-scheme: dark)');

export function TrafficChart(props: TrafficChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const reading = useSignal('');
  const shape = props.traffic.columns.map((column) => `${column.direction}${column.protocol}`).join();

  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(options(element, latest, reading), data(latest.current.traffic), element);
    };
    draw();
    const resized = new ResizeObserver(() => chart.current?.setSize(size(element, latest.current.height)));
    resized.observe(element);
    DARK.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      DARK.removeEventListener('change', draw);
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [shape, zone.value]);

  useEffect(() => {
    if (chart.current?.series.length === props.traffic.columns.length + 1) chart.current.setData(data(props.traffic));
  }, [props.traffic, props.gaps, props.windows]);

  return (
    <>
      <div
        ref={holder}
        class="chart"
        role="img"
        aria-label={props.description}
        data-windows={props.windows.map(({ id, from, to }) => `${id} ${from.toFixed(3)}/${to.toFixed(3)}`).join(',')}
        data-unrecorded={props.gaps.map(({ from, to }) => `${from.toFixed(3)}/${to.toFixed(3)}`).join(' ')}
        style={{ minHeight: `${props.height}px` }}
      />
      <p class="chart-reading small" aria-hidden="true">
        {reading}
      </p>
    </>
  );
}

function data(traffic: ChartTraffic): uPlot.AlignedData {
  return [traffic.times, ...traffic.columns.map((column) => column.values)];
}

function size(element: HTMLElement, height: number): { width: number; height: number } {
  return { width: Math.max(240, Math.floor(element.clientWidth)), height };
}

type Latest = { readonly current: TrafficChartProps };

function options(element: HTMLElement, latest: Latest, reading: Signal<string>): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: color('muted'),
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
    font: `12px ${style.fontFamily}`,
  };
  return {
    ...size(element, latest.current.height),
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false, dist: 6 }, points: { show: false } },
    scales: { x: { time: false }, y: { range: (_chart, low, high) => yRange(low, high) } },
    axes: [
      {
        ...axis,
        size: 34,
        space: 90,
        incrs: TICKS,
        splits: (_chart, _axis, low, high, step) => roundTimes(low, high, step),
        values: (chart, ticks) => ticks.map((tick) => tickLabel(tick, chart)),
      },
      { ...axis, size: 74, values: (_chart, ticks) => ticks.map((tick) => rate(Math.abs(tick))) },
    ],
    series: [{}, ...latest.current.traffic.columns.map((column) => series(column.protocol, color))],
    hooks: {
      drawClear: [(chart) => hatchGaps(chart, latest.current.gaps, color('line'))],
      draw: [
        (chart) => drawAxisLine(chart, color('line-strong')),
        (chart) => drawWindows(chart, latest.current.windows, color),
      ],
      setSelect: [(chart) => takeBrush(chart, latest.current)],
      setCursor: [
        (chart) => {
          reading.value = readAt(chart.cursor.idx, latest.current);
        },
      ],
    },
  };
}

/** The span is handed on and the drawing of it goes away: the chart shows it next. */
function takeBrush(chart: uPlot, { onBrush }: TrafficChartProps): void {
  const { left, width } = chart.select;
  if (width <= 0) return;
  const [from, to] = [chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x')];
  chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  onBrush(from, to);
}

/** Round times, from five seconds to two days. */
const TICKS = [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800];
const SHORT_SECONDS = 2 * 3600;
const DAY_SECONDS = 26 * 3600;

/** Seconds only where they are significant, the day only where there are several. */
function tickLabel(tick: number, chart: uPlot): string {
  const span = (chart.scales['x']?.max ?? 0) - (chart.scales['x']?.min ?? 0);
  const clock = clockTime(tick).slice(0, 8);
  if (span <= SHORT_SECONDS) return clock;
  return span <= DAY_SECONDS ? clock.slice(0, 5) : `${stamp(tick).slice(5, 10)} ${clock.slice(0, 5)}`;
}

function series(protocol: string, color: (name: string) => string): uPlot.Series {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    stroke: color(protocol),
    fill: color(protocol),
    width: 1,
    points: { show: false },
    spanGaps: false,
    ...(stepped === undefined ? {} : { paths: stepped }),
  };
}

/** Room above and below; never so tight that a handful of bytes looks like a storm. */
function yRange(low: number, high: number): [number, number] {
  const above = Math.max(high, 0);
  const below = Math.min(low, 0);
  const reach = Math.max(above - below, 1000);
  return [below === 0 && above > 0 ? 0 : Math.min(below - reach * 0.06, -reach * 0.02), above + reach * 0.06];
}

function hatchGaps(chart: uPlot, stretches: TrafficChartProps['gaps'], stroke: string): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  for (const { from, to } of stretches) {
    const left = Math.max(chart.valToPos(from, 'x', true), bbox.left);
    const right = Math.min(chart.valToPos(to, 'x', true), bbox.left + bbox.width);
    if (right > left) ctx.rect(left, bbox.top, right - left, bbox.height);
  }
  ctx.clip();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.beginPath();
  for (let x = bbox.left - bbox.height; x < bbox.left + bbox.width; x += 9 * devicePixelRatio) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

function drawAxisLine(chart: uPlot, stroke: string): void {
  const { ctx, bbox } = chart;
  const y = Math.round(chart.valToPos(0, 'y', true)) + 0.5;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** What the chart holds at the moment under the pointer, as a sentence. */
function readAt(index: number | null | undefined, { traffic: { times, columns }, gaps }: TrafficChartProps): string {
  if (index === null || index === undefined) return '';
  const said = DIRECTIONS.map((direction) => {
    const outermost = columns.find((column) => column.direction === direction);
    const value = outermost?.values[index];
    return value === null || value === undefined ? '' : `${direction} ${rate(Math.abs(value))}`;
  });
  const at = times[index] ?? 0;
  const without = gaps.some((gap) => at >= gap.from && at < gap.to) ? 'nothing was recorded' : 'no figures';
  return `${clockTime(at)}: ${said.filter((part) => part !== '').join(', ') || without}`;
}
