// What tcpdump says on standard error, as data: counters after SIGUSR1 and at its end, and why it could not go on.
// Wordings of tcpdump 4.9 to 4.99 and libpcap 1.8 to 1.10.

export interface TcpdumpCounts {
  captured: number | null;
  received: number | null;
  dropped: number | null;
}

export type TcpdumpProblem = 'missing' | 'down' | 'disappeared' | 'permission' | 'filter' | 'other';

/** Reads counts from one line into `counts`; true when the line held any. */
export function readCounts(line: string, counts: TcpdumpCounts): boolean {
  const captured = /(\d{1,15}) packets? captured/.exec(line);
  const received = /(\d{1,15}) packets? received by filter/.exec(line);
  const dropped = /(\d{1,15}) packets? dropped by kernel/.exec(line);
  if (captured !== null) counts.captured = Number(captured[1]);
  if (received !== null) counts.received = Number(received[1]);
  if (dropped !== null) counts.dropped = Number(dropped[1]);
  return captured !== null || received !== null || dropped !== null;
}

const TROUBLES: readonly (readonly [RegExp, TcpdumpProblem])[] = [
  [/interface disappeared|device went away/i, 'disappeared'],
  [/no such device|no such interface|doesn't exist/i, 'missing'],
  [/not up|network is down/i, 'down'],
  [/permission|not permitted/i, 'permission'],
  [/filter expression|syntax error|expression rejected|illegal token/i, 'filter'],
];

/** What a line of complaint is about. */
export function readProblem(line: string): TcpdumpProblem {
  return TROUBLES.find(([pattern]) => pattern.test(line))?.[1] ?? 'other';
}
