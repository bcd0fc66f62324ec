// Sentences about the devices of the appliance, from rows of devices and the flow matrix of some time. Pure.

import { ANYCAST_WORD } from '../model/place-word.ts';
import { isPlainByDesign } from '../model/protection.ts';
import { type DeviceFacts, deviceSentences, gravity } from '../model/sentences/device-sentences.ts';
import { type Content, contentsOf, formOf, type Talk } from '../model/sentences/talk.ts';
import { IN_THAT_TIME, inPhase, SO_FAR, TODAY } from '../model/sentences/texts.ts';
import type { FlowDimension, FlowGroup, FlowGroups } from '../store/figures/flow-groups.ts';
import type { DeviceRow } from './schemas/devices.ts';
import type { DeviceSentences, SentencesQuery, SentencesResponse } from './schemas/sentences.ts';

/** How the flow matrix is asked. */
export const SENTENCES_BY = [
  'device',
  'scope',
  'country',
  'organisation',
  'service',
  'protection',
  'content',
] as const satisfies readonly FlowDimension[];

/** `from`, `to`: ISO 8601, of whole hours; null where the time has no such end. `period`: as texts.ts names it. */
export interface SentencesAsked {
  readonly from: string | null;
  readonly to: string | null;
  readonly period: string;
  readonly ts: string;
}

export function sentencesResponse(
  rows: readonly DeviceRow[],
  found: FlowGroups,
  asked: SentencesAsked,
): SentencesResponse {
  const flows = new Map<string, FlowGroup[]>();
  for (const group of found.groups) {
    const [device = ''] = group.words;
    const known = flows.get(device);
    if (known === undefined) flows.set(device, [group]);
    else known.push(group);
  }
  const devices = rows
    .filter(({ mac }) => mac !== null)
    .map((row) => ({ row, groups: flows.get(row.id) ?? [] }))
    .map(({ row, groups }) => ({ facts: deviceFacts(row, groups), said: ofDevice(row, groups, asked.period) }))
    .map(({ facts, said }) => ({ ...gravity(facts), said }))
    .sort((a, b) => a.rank - b.rank || b.bytes - a.bytes || (a.said.id < b.said.id ? -1 : 1))
    .map(({ said }) => said);
  const { from, to, ts } = asked;
  return { schema: 'weir.sentences/1', ts, from, to, devices, without_row: found.without_row };
}

/** `from`, `to`, `phase`: as asked; `nowMs`: milliseconds since 1970. */
export function periodOf({ from, to, phase }: SentencesQuery, nowMs: number): string {
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const isToday = to === undefined && from === `${today}T00:00:00Z`;
  const period = isToday ? TODAY : from === undefined && to === undefined ? SO_FAR : IN_THAT_TIME;
  return phase === undefined ? period : inPhase(period, phase);
}

export function deviceFacts(row: DeviceRow, groups: readonly FlowGroup[]): DeviceFacts {
  return {
    id: row.id,
    address: row.mac ?? row.id,
    name: row.name,
    maker: row.maker ?? row.vendor,
    category: row.category,
    talks: groups.map(talkOf),
    graveFindings: row.findings.high,
  };
}

/** Rows of before content was recorded, and joined ones, say no more of it than their protection does. */
function talkOf({ words, bytes_up, bytes_down }: FlowGroup): Talk {
  const [, scope, country = '', organisation = '', service = '', protection = '', content = ''] = words;
  return {
    scope: scope === 'home' ? 'home' : 'internet',
    form: formOf(protection, service),
    contents: content === '' ? contentsOf(protection, '') : (content.split(' ') as Content[]),
    country,
    organisation,
    up: bytes_up,
    down: bytes_down,
  };
}

function ofDevice(row: DeviceRow, groups: readonly FlowGroup[], period: string): DeviceSentences {
  const countries = groups.map(({ words }) => words[2] ?? '').filter((code) => code !== 'local' && code !== '');
  return {
    id: row.id,
    sentences: deviceSentences(deviceFacts(row, groups), period).map((sentence) => ({
      ...sentence,
      parts: [...sentence.parts],
    })),
    internet: side(groups, 'internet'),
    home: side(groups, 'home'),
    countries: [...new Set(countries.filter((code) => code !== ANYCAST_WORD))].sort(),
  };
}

function side(groups: readonly FlowGroup[], scope: string): DeviceSentences['internet'] {
  const sums = { bytes_up: 0, bytes_down: 0, protection: {} as Record<string, number> };
  for (const { words, bytes_up, bytes_down } of groups) {
    if (words[1] !== scope) continue;
    sums.bytes_up += bytes_up;
    sums.bytes_down += bytes_down;
    const [, , , , service = '', protection = ''] = words;
    if (isPlainByDesign(service)) continue;
    sums.protection[protection] = (sums.protection[protection] ?? 0) + bytes_up + bytes_down;
  }
  return sums;
}
