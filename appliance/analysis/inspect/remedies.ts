// Remedies that many findings share, and what takes their place where both ends are at home. The other remedies are in rules.ts.

export const USE_TLS = 'Use TLS with a verified certificate, or block the device from the Internet.';
export const LOCAL_SECRET =
  'Change the secret, block the device from the Internet, and ask the maker for an encrypted protocol.';

/** What helps where both ends are at home: there a firewall to the Internet changes nothing. */
const AT_HOME: ReadonlyMap<string, string> = new Map([
  [USE_TLS, 'Use TLS where the device offers it, and keep it on a separate network: anyone in this one can read it.'],
  [
    LOCAL_SECRET,
    'Change the secret, keep the device on a network of its own, and ask the maker for an encrypted protocol.',
  ],
]);
const BEYOND_HOME: ReadonlyMap<string, string> = new Map([...AT_HOME].map(([beyond, home]) => [home, beyond]));

/** The remedy for traffic that stays at home, given that for traffic that leaves it; most are the same. */
export function remedyAtHome(remedy: string): string {
  return AT_HOME.get(remedy) ?? remedy;
}

/** Whether it is one for traffic that stays at home only. */
export function isRemedyAtHome(remedy: string): boolean {
  return BEYOND_HOME.has(remedy);
}

/** Of a finding that was met at home and beyond: the remedy for beyond, whichever came first. */
export function widerRemedy(one: string, other: string): string {
  return isRemedyAtHome(one) ? other : one;
}
