// Hours against weekdays: when a device speaks. Each field is the mean of its hours, on a scale by decades; hours in which it said
// nothing are white, and say no more than that. Same input, same bytes.

import type { DocumentHour } from '../../model/analysis-document.ts';
import type { ReportFigure } from '../report/report.ts';
import { svgFrame, withUnit } from '../report/svg.ts';
import { tableName } from './device-part.ts';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const LEFT = 110;
const TOP = 54;
const CELL = 30;

export function hourGrid(mac: string, hours: readonly DocumentHour[]): ReportFigure {
  const sums = new Map<number, number>();
  for (const { hour, bytes_sent, bytes_received } of hours) {
    const at = new Date(hour);
    const place = ((at.getUTCDay() + 6) % 7) * 24 + at.getUTCHours();
    sums.set(place, (sums.get(place) ?? 0) + bytes_sent + bytes_received);
  }
  const weeks = weeksOf(hours);
  const most = Math.max(1, ...sums.values()) / weeks;
  const title = 'Bytes an hour by weekday and hour, UTC';
  const cells = [...sums]
    .sort(([a], [b]) => a - b)
    .map(([place, bytes]) => {
      const [day, hour] = [Math.floor(place / 24), place % 24];
      const mean = bytes / weeks;
      const share = Math.log1p(mean) / Math.log1p(most);
      const spot = `x="${LEFT + hour * CELL}" y="${TOP + day * CELL}" width="${CELL - 1}" height="${CELL - 1}"`;
      const words = `${DAYS[day]} ${hour}:00: ${Math.round(mean)} bytes an hour`;
      return `<rect ${spot} fill="#1b6ca8" fill-opacity="${share.toFixed(3)}"><title>${words}</title></rect>`;
    });
  const days = DAYS.map((day, i) => `<text x="${LEFT - 8}" y="${TOP + i * CELL + 20}" text-anchor="end">${day}</text>`);
  const clock = [0, 6, 12, 18, 23].map((hour) => `<text x="${LEFT + hour * CELL + 4}" y="${TOP - 6}">${hour}</text>`);
  const rest = `<text x="${LEFT}" y="${TOP + 7 * CELL + 20}">darkest: ${withUnit(most, 'B')} an hour; white: nothing was said, or recorded</text>`;
  const frame = `<rect x="${LEFT}" y="${TOP}" width="${24 * CELL}" height="${7 * CELL}" fill="none" stroke="#999"/>`;
  const svg = svgFrame(title, TOP + 7 * CELL + 32, [...clock, ...days, frame, ...cells, rest].join('\n'));
  return { name: tableName('hours', mac), title: 'When it speaks', svg };
}

/** From the first hour to the last; a part of a week is one. */
function weeksOf(hours: readonly DocumentHour[]): number {
  const times = hours.map(({ hour }) => Date.parse(hour));
  const first = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const last = times.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return Math.max(1, Math.ceil((last - first) / (7 * 86_400_000)));
}
