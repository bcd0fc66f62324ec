// The summary of a day in plain words; each statement leads to the view that shows its evidence.

import { bytesText } from '../../model/quantity.ts';
import { plainSentences } from '../../model/sentences/sentence.ts';
import { THAT_DAY } from '../../model/sentences/texts.ts';
import { printable } from '../../model/text.ts';
import { flowWindow } from '../../store/index/flow-index.ts';
import type { ApplianceApi } from '../appliance-api.ts';
import { type DeviceHours, dayBefore, deviceHours } from '../day-hours.ts';
import type { DeviceRow, HourRow } from '../schemas/devices.ts';
import type { RecordingResponse } from '../schemas/recording.ts';
import { SENTENCES_BY, sentencesResponse } from '../sentence-view.ts';
import type { Notice } from './notification.ts';

/** The devices that sent most are named; the rest in one line. */
const MAX_DEVICES = 10;

interface DeviceDay {
  readonly row: DeviceRow;
  readonly up: number;
  readonly down: number;
}

/** Of the 24 full hours before `nowMs`, milliseconds since 1970. */
export async function dailyNotices(
  api: ApplianceApi,
  pageUrl: string,
  nowMs: number,
): Promise<{ title: string; notices: Notice[] }> {
  const day = dayBefore(nowMs);
  const { from, to } = day;
  await api.refreshed();
  const days = deviceDays(await deviceHours(api, day));
  const said = await sentencesOfDay(api, days, from, to);
  const statement = (id: string, text: string, view: string): Notice => ({
    id: `day ${id}`,
    severity: 'low',
    rule: null,
    device: null,
    name: '',
    text,
    link: `${pageUrl}/#/${view}`,
  });
  const notices = [
    statement('recording', recordingText(api.recording(from / 1000), from, to), 'captures'),
    statement('findings', await findingsText(api, from, to), 'findings'),
    ...days.slice(0, MAX_DEVICES).map(({ row, up, down }) => {
      const all = `In all it sent ${bytesText(up)} and received ${bytesText(down)}.`;
      const text = `${said.get(row.id) ?? nameOf(row)} ${all}`;
      return { ...statement(row.id, text, `devices/${row.id}`), device: row.mac, name: printable(row.name, 100) };
    }),
    ...(days.length > MAX_DEVICES
      ? [statement('others', `${days.length - MAX_DEVICES} further devices sent less.`, 'devices')]
      : []),
  ];
  const sent = days.reduce((sum, { up }) => sum + up, 0);
  const title = `${isoHour(from)} to ${isoHour(to)} UTC: ${count(days.length, 'device')}, ${bytesText(sent)} sent`;
  return { title, notices };
}

/** Those that sent most first. */
function deviceDays(found: readonly DeviceHours[]): DeviceDay[] {
  const days = found.map(({ row, hours }) => {
    const sum = (value: (hour: HourRow) => number) => hours.reduce((total, hour) => total + value(hour), 0);
    return { row, up: sum((hour) => hour.bytes_up), down: sum((hour) => hour.bytes_down) };
  });
  return days.sort((a, b) => b.up - a.up);
}

/** By id, the gravest sentence of each: of the hours of the day, as the others. */
async function sentencesOfDay(
  api: ApplianceApi,
  days: readonly DeviceDay[],
  from: number,
  to: number,
): Promise<Map<string, string>> {
  const window = { ...flowWindow(from / 1000, to / 1000), hourly: false };
  const found = await api.flows(null, window, { by: SENTENCES_BY, filter: {} });
  const rows = days.map(({ row }) => ({ ...row, findings: { low: 0, medium: 0, high: 0 } }));
  const asked = { from: null, to: null, period: THAT_DAY, ts: '' };
  const { devices } = sentencesResponse(rows, found, asked);
  return new Map(devices.map(({ id, sentences }) => [id, plainSentences(sentences)[0] ?? '']));
}

async function findingsText(api: ApplianceApi, from: number, to: number): Promise<string> {
  const findings = (await api.findings(null)).filter(({ first_ts }) => {
    const ms = Number(first_ts) * 1000;
    return ms >= from && ms < to;
  });
  if (findings.length === 0) return 'No finding is new.';
  const high = findings.filter(({ severity }) => severity === 'high').length;
  return `${count(findings.length, 'finding')} ${findings.length === 1 ? 'is' : 'are'} new, ${high} of high severity.`;
}

function recordingText({ begun, gaps, left_out }: RecordingResponse, from: number, to: number): string {
  if (begun === null) return 'Nothing was recorded yet.';
  const within = gaps
    .map((gap) => ({ from: Math.max(from, msOf(gap.from)), to: Math.min(to, gap.to === null ? to : msOf(gap.to)) }))
    .filter((gap) => gap.to > gap.from);
  const since = msOf(begun) > from ? ` Recording began at ${begun}.` : '';
  const older = left_out > 0 ? ' Older gaps are in the ledger only.' : '';
  if (within.length === 0) return `Recording had no gap.${since}${older}`;
  const seconds = within.reduce((sum, gap) => sum + (gap.to - gap.from) / 1000, 0);
  return `Recording had ${count(within.length, 'gap')}, ${Math.round(seconds)} s in all.${since}${older}`;
}

const msOf = (time: string): number => Date.parse(time);

const isoHour = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const nameOf = (row: DeviceRow): string =>
  printable(row.name === '' ? (row.vendor ?? row.mac ?? row.id) : row.name, 100);
