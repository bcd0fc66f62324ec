// An idle run that never was: heartbeats, polls at random, calls that come in clusters, long transfers, waves of activity. Entries only.

import { ALL_MEASURES, MEASURES } from '../../../appliance/experiment/compare/block-series.ts';
import type { Entry, RowQuestion } from '../../../appliance/experiment/compare/judge-row.ts';
import { type Random, seededRandom } from '../../../appliance/experiment/compare/seeded-random.ts';
import type { ComparisonList } from '../../../appliance/model/experiment/comparison.ts';
import type { Run } from './split.ts';

export interface Event {
  readonly at: number;
  readonly up: number;
  readonly down: number;
  readonly packets: number;
  readonly begins: boolean;
}

/** What one destination of the run does, from 0 to `seconds`. */
type Habit = (seconds: number, random: Random) => Event[];

/** Every `every` seconds, some jitter. */
export function heartbeat(every: number): Habit {
  return (seconds, random) => {
    const events: Event[] = [];
    for (let at = random() * every; at < seconds; at += every * (0.98 + 0.04 * random()))
      events.push({ at, up: 90 + Math.floor(random() * 20), down: 66, packets: 2, begins: events.length === 0 });
    return events;
  };
}

/** So often an hour, at random. Sizes have a heavy tail. */
export function polls(perHour: number): Habit {
  return (seconds, random) => {
    const events: Event[] = [];
    for (let at = wait(perHour, random); at < seconds; at += wait(perHour, random)) {
      const size = Math.floor(600 * (1 - random()) ** -0.6);
      events.push({ at, up: size, down: 3 * size, packets: 8 + Math.floor(size / 700), begins: true });
    }
    return events;
  };
}

/** Clusters at random; in each several calls a few seconds apart. */
export function clusters(perHour: number, calls: number, apart: number): Habit {
  return (seconds, random) => {
    const events: Event[] = [];
    for (let start = wait(perHour, random); start < seconds; start += wait(perHour, random)) {
      const count = 1 + Math.floor(random() * 2 * calls);
      for (let i = 0, at = start; i < count && at < seconds; i++, at += apart * 2 * random())
        events.push({ at, up: 400, down: 900, packets: 9, begins: true });
    }
    return events.sort((x, y) => x.at - y.at);
  };
}

/** Transfers that last minutes, every second of them busy. */
export function transfers(perHour: number, meanSeconds: number): Habit {
  return (seconds, random) => {
    const events: Event[] = [];
    for (let start = wait(perHour, random); start < seconds; start += wait(perHour, random)) {
      const length = -Math.log(1 - random()) * meanSeconds;
      for (let at = start; at < Math.min(start + length, seconds); at++)
        events.push({ at, up: 1200 + Math.floor(random() * 400), down: 80, packets: 3, begins: at === start });
    }
    return events.sort((x, y) => x.at - y.at);
  };
}

/** Polls whose rate goes up and down over minutes (logarithm of the rate: AR(1) of one-minute steps). */
export function waves(perHour: number, memory: number): Habit {
  return (seconds, random) => {
    const events: Event[] = [];
    let level = 0;
    for (let minute = 0; minute * 60 < seconds; minute++) {
      level = memory * level + Math.sqrt(1 - memory ** 2) * normal(random);
      const mean = (perHour / 60) * Math.exp(level - 0.5);
      for (let at = wait(mean * 60, random); at < 60; at += wait(mean * 60, random))
        events.push({ at: minute * 60 + at, up: 300, down: 500, packets: 6, begins: true });
    }
    return events;
  };
}

/** Seconds until the next event of a Poisson process. */
function wait(perHour: number, random: Random): number {
  return (-Math.log(1 - random()) * 3600) / perHour;
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A device with a dozen destinations, some of which are hardly ever asked. */
export const HABITS: Readonly<Record<string, Habit>> = {
  'mqtt.example tls': heartbeat(30),
  'ntp.example ntp': heartbeat(900),
  'time.example ntp': polls(1),
  'api.example tls': polls(12),
  'log.example tls': polls(4),
  'dns.example dns': clusters(6, 3, 4),
  'ads.example tls': clusters(1, 5, 20),
  'stats.example http': waves(20, 0.8),
  'cdn.example tls': transfers(0.4, 120),
  'update.example tls': polls(0.2),
  'seldom.example tls': polls(0.1),
  'home 239.255.255.250 ssdp': clusters(2, 8, 1),
};

export function makeRun(seconds: number, seed: string, habits = HABITS): Run {
  const step = Math.max(1, Math.ceil(seconds / 2000));
  const lists = new Map<string, Event[]>();
  const all: Event[] = [];
  for (const [name, habit] of Object.entries(habits)) {
    const events = habit(seconds, seededRandom(`${seed} ${name}`));
    all.push(...events);
    const protocol = name.split(' ').at(-1) ?? '';
    lists.set(protocol, [...(lists.get(protocol) ?? []), ...events]);
    lists.set(name, events);
  }
  const listed = [...lists].map(([name, events]) =>
    rowOf(name.includes(' ') ? 'destination' : 'protocol', name, events, step),
  );
  const total = rowOf('total', 'all', all, step);
  const named = ALL_MEASURES.map((measure) => ({ ...total, name: MEASURES[measure] ?? '', measures: [measure] }));
  const streams = Object.keys(habits).map((name) => ({ name, entries: entriesOf(lists.get(name) ?? [], 1) }));
  return { rows: [...named, ...listed], streams, seconds, step };
}

function rowOf(list: ComparisonList, name: string, events: readonly Event[], step: number): RowQuestion {
  return { list, name, a: { entries: entriesOf(events, step), first: null }, b: { entries: [], first: null } };
}

function entriesOf(events: readonly Event[], step: number): Entry[] {
  const sums = new Map<number, [number, number, number, number]>();
  for (const { at, up, down, packets, begins } of events) {
    const place = Math.floor(at / step) * step;
    const sum = sums.get(place) ?? [0, 0, 0, 0];
    sums.set(place, sum);
    sum[0] += begins ? 1 : 0;
    sum[1] += packets;
    sum[2] += up;
    sum[3] += down;
  }
  return [...sums].map(([at, sum]): Entry => [at, ...sum]);
}
