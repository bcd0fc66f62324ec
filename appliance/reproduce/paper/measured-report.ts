// Fig. 6 of the paper with the numbers of this machine: a report of its own, since no two runs give the same numbers.

import type { Report } from '../report/report.ts';
import { lines } from '../report/svg.ts';

export interface Measurement {
  /** Of the capture file. */
  readonly bytes: number;
  readonly seconds: number;
  readonly processor_seconds: number;
  /** Most that was resident. */
  readonly memory_bytes: number;
}

/** The paper says of its largest file only that it took about six minutes, of its smallest one second. */
const PAPER_SECONDS: readonly (readonly [megabytes: number, seconds: number])[] = [
  [0.5, 1],
  [75, 360],
];

export function measuredReport(measurements: readonly Measurement[], machine: string): Report {
  const curve = (name: string, of: (m: Measurement) => number): { name: string; points: [number, number][] } => ({
    name,
    points: measurements.map((m) => [m.bytes / 1e6, of(m)]),
  });
  const megabytes = (x: number): string => `${Number(x.toFixed(1))} MB`;
  const figure = (
    part: string,
    title: string,
    unit: string,
    curves: Parameters<typeof lines>[2],
  ): Report['sections'][number]['figures'][number] => ({
    name: `figure-6${part}`,
    title,
    svg: lines(title, unit, curves, megabytes),
  });
  return {
    title: 'Fig. 6, measured on this machine',
    source:
      'Wu, Breitinger, Niemann 2021, Fig. 6: 1 s to 6 min for 0.5 to 75 MB, about 60 % of an i5-4670K with 32 GB.',
    about: [],
    sections: [
      {
        title: 'Time, processor and memory over the size of a capture',
        paragraphs: [
          `${machine}. The analyzer mode reads each file twice: once as the published program counts, once as Weir does. Files are made of the frames of your largest capture, repeated.`,
        ],
        tables: [
          {
            name: 'figure-6',
            title: 'Measured',
            notes: ['processor: processor time over elapsed time, 100 % is one core.'],
            head: ['bytes', 'seconds', 'processor_percent', 'memory_bytes', 'bytes_per_second', 'paper_seconds'],
            rows: measurements.map((m) => [
              m.bytes,
              Number(m.seconds.toFixed(3)),
              Number(((100 * m.processor_seconds) / m.seconds).toFixed(1)),
              m.memory_bytes,
              Math.round(m.bytes / m.seconds),
              PAPER_SECONDS.find(([size]) => Math.abs(size - m.bytes / 1e6) < size * 0.3)?.[1] ?? null,
            ]),
          },
        ],
        figures: [
          figure('a', 'Fig. 6a: time', 's', [
            curve('Weir', (m) => m.seconds),
            { name: 'the paper (two points)', points: [...PAPER_SECONDS] },
          ]),
          figure('b', 'Fig. 6b: processor', '%', [curve('Weir', (m) => (100 * m.processor_seconds) / m.seconds)]),
          figure('c', 'Fig. 6c: memory', 'MB', [curve('Weir', (m) => m.memory_bytes / 1e6)]),
        ],
      },
    ],
    gaps: ['The paper prints curves without numbers: only the ends of its time are known.'],
  };
}
