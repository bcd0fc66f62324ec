// What refused QUIC says of apps: that they fell back to TCP, or that nothing of them came but QUIC. Pure.

import type { Attempt } from '../record/attempt.ts';
import { OTHERS, type RefusedQuic } from '../record/refused-quic.ts';
import { byTesterOrDomain, type HostAnswer, NO_COUNTS } from './app-answers.ts';

export interface HostWithQuic extends HostAnswer {
  /** Datagrams of QUIC refused to the host's addresses while the app was used; other hosts may have the same address. */
  readonly quic_refused: number;
}

/** Each host with the QUIC to its addresses; a row of its own for each address of an app to which nothing but QUIC went. */
export function withQuic(
  hosts: readonly HostAnswer[],
  attempts: readonly Attempt[],
  refused: readonly RefusedQuic[],
): readonly HostWithQuic[] {
  const addresses = new Map<string, Set<string>>();
  for (const attempt of attempts) {
    const key = JSON.stringify([byTesterOrDomain(attempt), attempt.host]);
    addresses.set(key, (addresses.get(key) ?? new Set()).add(attempt.address));
  }
  const own = ({ app, host }: HostAnswer) => addresses.get(JSON.stringify([app, host])) ?? new Set<string>();
  const sum = (rows: readonly RefusedQuic[]) => rows.reduce((total, { datagrams }) => total + datagrams, 0);
  const known = hosts.map((row) => ({
    ...row,
    quic_refused: sum(refused.filter(({ app, address }) => app === row.app && own(row).has(address))),
  }));
  const alone = refused.filter(({ app, address }) => !hosts.some((row) => row.app === app && own(row).has(address)));
  const keys = [...new Set(alone.map(({ app, address }) => JSON.stringify([app, address])))];
  const rows = keys.map((key): HostWithQuic => {
    const [app, address] = JSON.parse(key) as [string, string];
    const datagrams = sum(alone.filter((row) => row.app === app && row.address === address));
    return {
      app,
      host: address,
      answer: 'untested',
      why:
        address === OTHERS
          ? `${datagrams} datagrams of QUIC refused; the run had too many addresses to keep them apart`
          : `QUIC alone: ${datagrams} datagrams refused, and no fall-back to TCP was seen`,
      checks_certificate: null,
      has_sni: false,
      tls: [],
      alpn: [],
      before: NO_COUNTS,
      after: NO_COUNTS,
      bytes_up: 0,
      bytes_down: 0,
      quic_refused: datagrams,
    };
  });
  return [...known, ...rows];
}
