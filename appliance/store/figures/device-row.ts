// A device in a list: the few figures of it that fit on one line (device-head.ts makes them).

export interface DeviceRow {
  readonly id: string;
  readonly mac: string | null;
  readonly name: string;
  readonly name_source: string;
  readonly vendor: string | null;
  readonly maker: string | null;
  readonly model: string | null;
  readonly randomised: boolean;
  readonly category: string | null;
  /** Those that a rule is certain of, sorted. */
  readonly platforms: string[];
  readonly ips: string[];
  readonly first_seen: string | null;
  readonly last_seen: string | null;
  readonly present: boolean;
  readonly packets: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  readonly destinations: number;
  readonly countries: string[];
  readonly findings: FindingCounts;
  readonly cleartext: boolean;
  readonly verdicts: Record<string, number>;
  readonly protection: { readonly internet: Record<string, number>; readonly home: Record<string, number> };
  readonly readable: boolean;
  readonly segments: number;
  readonly sparkline: number[];
  /** Where the last minute of `sparkline` begins, in seconds since 1970: a silent device keeps its row. */
  readonly sparkline_minute: number;
}

export interface FindingCounts {
  readonly low: number;
  readonly medium: number;
  readonly high: number;
}

/** A device silent for longer is called absent. */
export const PRESENCE_SECONDS = 300;

/** `nowSecond`: capture time in seconds since 1970. */
export function isPresent(lastSeen: string | null, nowSecond: number): boolean {
  return lastSeen !== null && nowSecond - Date.parse(lastSeen) / 1000 <= PRESENCE_SECONDS;
}
