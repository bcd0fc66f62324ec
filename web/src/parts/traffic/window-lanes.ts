// Windows on the canvas of a chart: phases as a strip at the bottom, tags, campaigns and scans as strips at the top, each with its name
// where it fits; notes and steps of the clock as lines. Gaps are hatched by the chart itself.

import type uPlot from 'uplot';
import { markName, type WindowMark } from '../../time/windows.ts';

type Color = (name: string) => string;

const STRIP = 5;
const LANE = 17;
/** Lanes for windows that overlap; one that finds no free lane is not drawn. */
const MAX_LANES = 4;
/** Never so narrow that it is not seen. */
const NARROWEST = 2;

const PHASE_COLORS: Readonly<Record<string, string>> = { idle: 'https', intensive: 'udp', setup: 'odd', scan: 'odd' };

export function drawWindows(chart: uPlot, marks: readonly WindowMark[], color: Color): void {
  const { ctx } = chart;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  ctx.textBaseline = 'top';
  /** Where each lane at the top is free again, in pixels. */
  const lanes: number[] = [];
  for (const mark of marks) {
    const [left, right] = edges(chart, mark);
    if (right <= left) continue;
    if (mark.kind === 'phase') drawPhase(chart, mark, left, right, color);
    else if (mark.kind === 'note' || mark.kind === 'clock') drawLine(chart, mark, left, color);
    else if (mark.kind === 'tag' || mark.kind === 'campaign' || mark.kind === 'scan') {
      const free = lanes.findIndex((until) => until <= left);
      const lane = free === -1 ? lanes.length : free;
      if (lane >= MAX_LANES) continue;
      lanes[lane] = Math.max(right, left + drawTag(chart, mark, left, right, lane, color));
    }
  }
  ctx.restore();
}

function edges(chart: uPlot, { from, to }: WindowMark): readonly [number, number] {
  const { bbox } = chart;
  const left = Math.max(chart.valToPos(from, 'x', true), bbox.left);
  const right = Math.min(chart.valToPos(to, 'x', true), bbox.left + bbox.width);
  const isInside = left <= bbox.left + bbox.width && chart.valToPos(to, 'x', true) >= bbox.left;
  return isInside ? [left, Math.max(right, left + NARROWEST * devicePixelRatio)] : [0, 0];
}

function drawPhase({ ctx, bbox }: uPlot, { name }: WindowMark, left: number, right: number, color: Color): void {
  const height = STRIP * devicePixelRatio;
  ctx.fillStyle = color(PHASE_COLORS[name] ?? 'line-strong');
  ctx.fillRect(left, bbox.top + bbox.height - height, right - left - 1, height);
}

/** How wide its name is. */
function drawTag(
  { ctx, bbox }: uPlot,
  mark: WindowMark,
  left: number,
  right: number,
  lane: number,
  color: Color,
): number {
  const top = bbox.top + lane * LANE * devicePixelRatio;
  ctx.fillStyle = color('odd');
  ctx.globalAlpha = 0.12;
  ctx.fillRect(left, top, right - left, bbox.top + bbox.height - top);
  ctx.globalAlpha = 1;
  ctx.fillRect(left, top, right - left, 3 * devicePixelRatio);
  const name = markName(mark);
  const width = ctx.measureText(name).width;
  if (left + width <= bbox.left + bbox.width) ctx.fillText(name, left + 2, top + 4 * devicePixelRatio);
  return width + 6 * devicePixelRatio;
}

function drawLine({ ctx, bbox }: uPlot, { kind }: WindowMark, left: number, color: Color): void {
  ctx.strokeStyle = color(kind === 'clock' ? 'bad' : 'accent');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(kind === 'clock' ? [5 * devicePixelRatio, 3 * devicePixelRatio] : [devicePixelRatio, 2]);
  ctx.beginPath();
  ctx.moveTo(left, bbox.top);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
}
