// From rows of connections to answers: for each app and host whether it takes the proxy, and how that is known. Pure.

import { registrableDomain } from '../../geo/domain.ts';
import type { Attempt, Outcome, Round } from '../record/attempt.ts';

/**
 * - `accepted`: it sends its data under the proxy's certificate.
 * - `partly pinned`: some connections do, others refuse although the authority is on the phone.
 * - `pinned`: it refuses, and the authority is on the phone, which another app showed.
 * - `untrusted`: it refused where the authority was not on the phone, or nothing showed that it was.
 * - `untested`: there is no answer; `why` says what there was.
 */
export type Answer = 'accepted' | 'partly pinned' | 'pinned' | 'untrusted' | 'untested';

export type Counts = Readonly<Record<Outcome, number>>;

export interface HostAnswer {
  readonly app: string;
  readonly host: string;
  readonly answer: Answer;
  /** One line for a person. */
  readonly why: string;
  /** False: it took a certificate that nobody vouches for, or that is for other names. Null: not tried. */
  readonly checks_certificate: boolean | null;
  readonly has_sni: boolean;
  /** Versions that were agreed or offered, lowest first. */
  readonly tls: readonly string[];
  readonly alpn: readonly string[];
  readonly before: Counts;
  readonly after: Counts;
  readonly bytes_up: number;
  readonly bytes_down: number;
}

export interface AppAnswer {
  readonly app: string;
  readonly answer: Answer;
  readonly hosts: number;
  readonly accepted: number;
  readonly pinned: number;
  readonly connections: number;
  readonly passed: number;
  /** TLS below 1.2 (RFC 8996). */
  readonly old_tls: boolean;
}

export const NO_COUNTS: Counts = {
  accepted: 0,
  refused: 0,
  closed: 0,
  silent: 0,
  no_common_tls: 0,
  passed: 0,
  server: 0,
  unreachable: 0,
  not_tls: 0,
};

/** Whom rows belong to: the tester's word, else what the app calls itself there, else the domain. */
export type NameApp = (attempt: Attempt) => string;

export const byTesterOrDomain: NameApp = ({ app, host }) => (app !== '' ? app : (registrableDomain(host) ?? host));

/** Sorted by app and host. */
export function hostAnswers(attempts: readonly Attempt[], nameOf: NameApp = byTesterOrDomain): readonly HostAnswer[] {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const key = JSON.stringify([nameOf(attempt), attempt.host]);
    groups.set(key, [...(groups.get(key) ?? []), attempt]);
  }
  const trusting = devicesWithAuthority(attempts);
  return [...groups]
    .map(([key, rows]) => {
      const [app, host] = JSON.parse(key) as [string, string];
      return answer(app, host, rows, trusting);
    })
    .sort((a, b) => compare(a.app, b.app) || compare(a.host, b.host));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Devices on which the authority was seen to count: a host took it that had not taken it before. */
function devicesWithAuthority(attempts: readonly Attempt[]): ReadonlySet<string> {
  const key = ({ device, app, host }: Attempt): string => JSON.stringify([device, app, host]);
  const careless = new Set(
    attempts.filter(({ round, outcome }) => round === 'before' && outcome === 'accepted').map(key),
  );
  const shown = attempts.filter(
    (row) =>
      row.round === 'after' && row.outcome === 'accepted' && row.server_verified === true && !careless.has(key(row)),
  );
  return new Set(shown.map(({ device }) => device));
}

function count(rows: readonly Attempt[], round: Round): Counts {
  const counts: Record<Outcome, number> = { ...NO_COUNTS };
  for (const row of rows) if (row.round === round) counts[row.outcome] += 1;
  return counts;
}

function answer(app: string, host: string, rows: readonly Attempt[], trusting: ReadonlySet<string>): HostAnswer {
  const [before, after] = [count(rows, 'before'), count(rows, 'after')];
  const isTrusted = rows.some(({ device }) => trusting.has(device));
  const sum = (of: (row: Attempt) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const words = (of: (row: Attempt) => string): readonly string[] =>
    [...new Set(rows.map(of))].filter((word) => word !== '').sort();
  return {
    app,
    host,
    ...judge(before, after, isTrusted, rows),
    checks_certificate: checksCertificate(before, rows),
    has_sni: rows.some(({ has_sni }) => has_sni),
    tls: words(({ tls }) => tls),
    alpn: words(({ alpn }) => alpn),
    before,
    after,
    bytes_up: sum(({ bytes_up }) => bytes_up),
    bytes_down: sum(({ bytes_down }) => bytes_down),
  };
}

/** Going away in silence is a refusal only where no other connection said something: browsers open connections in advance. */
function refusals({ refused, closed, accepted }: Counts): number {
  return refused + (accepted === 0 ? closed : 0);
}

function checksCertificate(before: Counts, rows: readonly Attempt[]): boolean | null {
  const tookUnknown = rows.some(({ outcome, server_verified }) => outcome === 'accepted' && server_verified === false);
  if (before.accepted > 0 || tookUnknown) return false;
  return refusals(before) > 0 ? true : null;
}

function judge(
  before: Counts,
  after: Counts,
  isTrusted: boolean,
  rows: readonly Attempt[],
): { readonly answer: Answer; readonly why: string } {
  const how = (round: Round): string => describe(rows.filter((row) => row.round === round));
  if (after.accepted > 0 && refusals(after) > 0)
    return {
      answer: 'partly pinned',
      why: `took it ${after.accepted} times, refused ${refusals(after)} times: ${how('after')}`,
    };
  if (before.accepted > 0) return { answer: 'accepted', why: 'takes any certificate' };
  if (after.accepted > 0) return { answer: 'accepted', why: accepting(rows) };
  if (refusals(after) > 0 && isTrusted) return { answer: 'pinned', why: how('after') };
  if (refusals(after) > 0)
    return { answer: 'untrusted', why: `nothing shows that the authority is on the phone: ${how('after')}` };
  // Whether it would take the proxy is not to be seen where the server takes nobody but the app.
  if (after.server > 0) return { answer: 'untested', why: how('after') };
  if (refusals(before) > 0) return { answer: 'untrusted', why: `not tried with the authority: ${how('before')}` };
  return { answer: 'untested', why: describe(rows) };
}

/** What was wrong with a server's own certificate, and the app did not mind. */
function accepting(rows: readonly Attempt[]): string {
  return rows.find(({ outcome, detail }) => outcome === 'accepted' && detail !== '')?.detail ?? '';
}

/** The most frequent details of what was not accepted. */
function describe(rows: readonly Attempt[]): string {
  const counts = new Map<string, number>();
  for (const { outcome, detail } of rows) {
    if (outcome === 'accepted' || outcome === 'passed') continue;
    const word = WORDS[outcome] ?? detail;
    const text = detail === '' || word === detail ? word : `${word} (${detail})`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 3)
    .map(([text, times]) => `${text} ×${times}`)
    .join(', ');
}

const WORDS: Readonly<Partial<Record<Outcome, string>>> = {
  refused: 'alert',
  no_common_tls: 'no common TLS',
  server: 'the server refuses the proxy',
  unreachable: 'the server does not answer',
  not_tls: 'no TLS',
  silent: 'nothing said',
};

/** One row an app, as the paper counts them. */
export function appAnswers(hosts: readonly HostAnswer[]): readonly AppAnswer[] {
  const apps = [...new Set(hosts.map(({ app }) => app))];
  return apps.map((app) => {
    const rows = hosts.filter((row) => row.app === app);
    const number = (answer: Answer): number => rows.filter((row) => row.answer === answer).length;
    const total = (of: (counts: Counts) => number): number =>
      rows.reduce((sum, row) => sum + of(row.before) + of(row.after), 0);
    return {
      app,
      answer: ofApp(number),
      hosts: rows.length,
      accepted: number('accepted'),
      pinned: number('pinned') + number('partly pinned'),
      connections: total((counts) => Object.values(counts).reduce((sum, value) => sum + value, 0)),
      passed: total(({ passed, server }) => passed + server),
      old_tls: rows.some(({ tls }) => tls.some((version) => OLD.includes(version))),
    };
  });
}

const OLD = ['SSLv3', 'TLSv1', 'TLSv1.1'];

function ofApp(number: (answer: Answer) => number): Answer {
  const pinned = number('pinned');
  if (number('partly pinned') > 0 || (pinned > 0 && number('accepted') > 0)) return 'partly pinned';
  if (pinned > 0) return 'pinned';
  if (number('accepted') > 0) return 'accepted';
  return number('untrusted') > 0 ? 'untrusted' : 'untested';
}
