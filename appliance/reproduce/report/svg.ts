// Drawings without a library: stacked bars, lines over time, flows from left to right. Same input, same bytes. Text of
// captured devices is escaped here.

import { printable } from '../../model/text.ts';

export interface BarRow {
  readonly label: string;
  /** In the order of the series. */
  readonly values: readonly number[];
}

const COLOURS = [
  '#1b6ca8',
  '#d9822b',
  '#3a8f5c',
  '#8e5ea2',
  '#b8433f',
  '#7a7a7a',
  '#c9a227',
  '#4a4e8f',
  '#5fa8a0',
  '#a0522d',
];
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';
const WIDTH = 900;

export function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000';
}

export function escapeXml(text: string): string {
  return printable(text, 400)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** 1 234 567 as 1.23 MB or, of things that are counted, 1.23 M frames: three digits are enough on an axis. The tables have all. */
export function withUnit(value: number, unit: string): string {
  const [number, prefix = ''] = shortNumber(value);
  const isSymbol = unit.length <= 2;
  return escapeXml(
    [number, isSymbol ? `${prefix}${unit}` : `${prefix} ${unit}`].join(' ').replace(/ {2,}/g, ' ').trim(),
  );
}

function shortNumber(value: number): [number: string, prefix?: string] {
  for (const [limit, prefix] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (value >= limit) return [String(Number((value / limit).toPrecision(3))), prefix];
  }
  return [String(Number(value.toPrecision(3)))];
}

/** Horizontal bars, one row a label, stacked by series. @param unit of the values, behind the axis' numbers */
export function stackedBars(title: string, unit: string, series: readonly string[], rows: readonly BarRow[]): string {
  const left = 240;
  const largest = Math.max(1e-9, ...rows.map(({ values }) => values.reduce((sum, value) => sum + value, 0)));
  const scale = (WIDTH - left - 90) / largest;
  const top = 34 + legendHeight(series);
  const bars = rows.map(({ label, values }, i) => {
    const y = top + i * 22;
    let x = left;
    const parts = values.map((value, s) => {
      const rect = `<rect x="${fixed(x)}" y="${y}" width="${fixed(value * scale)}" height="16" fill="${colour(s)}"/>`;
      x += value * scale;
      return value > 0 ? rect : '';
    });
    const total = values.reduce((sum, value) => sum + value, 0);
    return `<text x="${left - 6}" y="${y + 12}" text-anchor="end">${clip(label)}</text>${parts.join('')}<text x="${fixed(x + 4)}" y="${y + 12}">${withUnit(total, unit)}</text>`;
  });
  return svgFrame(title, top + rows.length * 22 + 12, `${legend(series)}${bars.join('\n')}`);
}

export interface LineSeries {
  readonly name: string;
  /** x ascending. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over a common x; `xLabel` writes its numbers. */
export function lines(title: string, unit: string, all: readonly LineSeries[], xLabel: (x: number) => string): string {
  const [left, top, bottom] = [80, 34 + legendHeight(all.map(({ name }) => name)), 40];
  const height = 320;
  const points = all.flatMap((series) => series.points);
  const xs = points.map(([x]) => x);
  const first = xs.length === 0 ? 0 : xs.reduce((a, b) => Math.min(a, b));
  const last = xs.length === 0 ? 1 : xs.reduce((a, b) => Math.max(a, b));
  // All zero: the axis ends at one.
  const most = points.reduce((max, [, y]) => Math.max(max, y), 0) || 1;
  const px = (x: number): number => left + ((x - first) / Math.max(1e-9, last - first)) * (WIDTH - left - 30);
  const py = (y: number): number => top + (height - top - bottom) * (1 - y / most);
  const paths = all.map((series, i) => {
    const dots = series.points.map(([x, y]) => `${fixed(px(x))},${fixed(py(y))}`);
    const marks =
      series.points.length > 60
        ? ''
        : dots
            .map((dot) => `<circle cx="${dot.split(',')[0]}" cy="${dot.split(',')[1]}" r="2.5" fill="${colour(i)}"/>`)
            .join('');
    return `<polyline points="${dots.join(' ')}" fill="none" stroke="${colour(i)}" stroke-width="1.5"/>${marks}`;
  });
  const axis = [0, 0.25, 0.5, 0.75, 1].map(
    (part) =>
      `<line x1="${left}" x2="${WIDTH - 30}" y1="${fixed(py(most * part))}" y2="${fixed(py(most * part))}" stroke="#ddd"/><text x="${left - 6}" y="${fixed(py(most * part) + 4)}" text-anchor="end">${withUnit(most * part, unit)}</text>`,
  );
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const x = first + (last - first) * part;
    const anchor = part === 0 ? 'start' : part === 1 ? 'end' : 'middle';
    return `<text x="${fixed(px(x))}" y="${height - bottom + 18}" text-anchor="${anchor}">${escapeXml(xLabel(x))}</text>`;
  });
  return svgFrame(
    title,
    height,
    `${legend(all.map(({ name }) => name))}${axis.join('')}${ticks.join('')}${paths.join('\n')}`,
  );
}

export interface FlowLink {
  readonly from: string;
  readonly to: string;
  readonly value: number;
}

/** Bands from the left names to the right ones; their height is the value. */
export function flows(title: string, unit: string, links: readonly FlowLink[]): string {
  const total = links.reduce((sum, { value }) => sum + value, 0);
  const gap = 6;
  const froms = sums(links, (link) => link.from);
  const tos = sums(links, (link) => link.to);
  const room = Math.max(220, 14 * Math.max(froms.length, tos.length));
  const scale = total === 0 ? 0 : room / total;
  const place = (nodes: readonly (readonly [string, number])[]): Map<string, number> => {
    let y = 40;
    return new Map(
      nodes.map(([name, value]) => {
        const at = y;
        y += Math.max(value * scale, 8) + gap;
        return [name, at];
      }),
    );
  };
  const [leftAt, rightAt] = [place(froms), place(tos)];
  const [x1, x2] = [270, 680];
  const used = { left: new Map(leftAt), right: new Map(rightAt) };
  const bands = links
    .toSorted((a, b) => (rightAt.get(a.to) ?? 0) - (rightAt.get(b.to) ?? 0))
    .map((link) => {
      const height = Math.max(link.value * scale, 0.3);
      const [y1, y2] = [used.left.get(link.from) ?? 0, used.right.get(link.to) ?? 0];
      used.left.set(link.from, y1 + height);
      used.right.set(link.to, y2 + height);
      const middle = (x1 + x2) / 2;
      const shade = colour(froms.findIndex(([name]) => name === link.from));
      const path = `M${x1},${fixed(y1)} C${middle},${fixed(y1)} ${middle},${fixed(y2)} ${x2},${fixed(y2)} L${x2},${fixed(y2 + height)} C${middle},${fixed(y2 + height)} ${middle},${fixed(y1 + height)} ${x1},${fixed(y1 + height)} Z`;
      return `<path d="${path}" fill="${shade}" fill-opacity="0.55"><title>${escapeXml(link.from)} to ${escapeXml(link.to)}: ${link.value} ${escapeXml(unit)}</title></path>`;
    });
  const label = (
    nodes: readonly (readonly [string, number])[],
    at: Map<string, number>,
    x: number,
    anchor: string,
  ): string =>
    nodes
      .map(
        ([name, value]) =>
          `<text x="${x}" y="${fixed((at.get(name) ?? 0) + 10)}" text-anchor="${anchor}">${clip(name)} ${withUnit(value, unit)}</text>`,
      )
      .join('');
  const depth = (nodes: readonly (readonly [string, number])[]): number =>
    nodes.reduce((sum, [, value]) => sum + Math.max(value * scale, 8) + gap, 0);
  const height = 56 + Math.max(depth(froms), depth(tos));
  return svgFrame(
    title,
    height,
    `${bands.join('\n')}${label(froms, leftAt, x1 - 6, 'end')}${label(tos, rightAt, x2 + 6, 'start')}`,
  );
}

/** Largest first. */
function sums(links: readonly FlowLink[], key: (link: FlowLink) => string): (readonly [string, number])[] {
  const values = new Map<string, number>();
  for (const link of links) values.set(key(link), (values.get(key(link)) ?? 0) + link.value);
  return [...values].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

export function svgFrame(title: string, height: number, body: string): string {
  const size = `width="${WIDTH}" height="${Math.ceil(height)}" viewBox="0 0 ${WIDTH} ${Math.ceil(height)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${size} ${FONT}><title>${escapeXml(title)}</title><rect width="100%" height="100%" fill="#fff"/><text x="10" y="20" font-size="14" font-weight="600">${escapeXml(title)}</text>${body}</svg>\n`;
}

const LEGEND_COLUMNS = 5;

function legendHeight(series: readonly string[]): number {
  return series.length < 2 ? 0 : 18 * Math.ceil(series.length / LEGEND_COLUMNS);
}

function legend(series: readonly string[]): string {
  if (series.length < 2) return '';
  return series
    .map((name, i) => {
      const x = 20 + (i % LEGEND_COLUMNS) * 172;
      const y = 30 + 18 * Math.floor(i / LEGEND_COLUMNS);
      return `<rect x="${x}" y="${y}" width="10" height="10" fill="${colour(i)}"/><text x="${x + 14}" y="${y + 9}">${escapeXml(name.slice(0, 24))}</text>`;
    })
    .join('');
}

function clip(name: string): string {
  return escapeXml(name.length > 30 ? `${name.slice(0, 29)}…` : name);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
