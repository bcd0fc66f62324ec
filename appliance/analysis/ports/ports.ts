// Which ports count as secure, under whose list, and whether the payload agrees. Rendered into documents: the profile's
// name and hash are in every one, and the port's word never appears without the payload's word.

import { createHash } from 'node:crypto';
import type {
  PayloadSays,
  PortCheckResult,
  Readable,
  TransportProtocol,
  Verdict,
} from '../../model/analysis-document.ts';

export interface PortProfile {
  readonly name: string;
  readonly version: number;
  /** Ascending, TCP and UDP alike. */
  readonly secure: readonly number[];
  /** SHA-256 of name, version and ports: two summaries with equal hash were judged by equal lists. */
  readonly sha256: string;
}

/** Appendix B of the paper: 21 ports, of which 1884 and 9090 carry nothing encrypted by definition. Kept as printed. */
const APPENDIX_B = [
  22, 443, 500, 1311, 1884, 1920, 4712, 5001, 5684, 6679, 6697, 8243, 8444, 8531, 8883, 9090, 9091, 14943, 19999, 21012,
  21022,
];

/** The sheet published with the paper's tool: without 500, with 981 and 8884. 22 ports. */
const TOOL_SHEET = [
  22, 443, 981, 1311, 1884, 1920, 4712, 5001, 5684, 6679, 6697, 8243, 8444, 8531, 8883, 8884, 9090, 9091, 14943, 19999,
  21012, 21022,
];

/** Ports whose registered or usual protocol encrypts from the first byte or by its own key exchange. */
const CURATED = [
  22, 261, 443, 448, 465, 500, 563, 614, 636, 784, 853, 981, 989, 990, 992, 993, 994, 995, 1194, 1311, 1701, 1920, 2083,
  2376, 3269, 4433, 4443, 4500, 5061, 5223, 5228, 5349, 5671, 5684, 5986, 6443, 6679, 6697, 7443, 8243, 8443, 8444,
  8531, 8883, 8884, 8886, 9443, 10161, 14943, 21022, 51820,
];

const PROFILES: ReadonlyMap<string, PortProfile> = new Map([
  ['paper-appendix-b', makeProfile('paper-appendix-b', 1, APPENDIX_B)],
  ['paper-tool', makeProfile('paper-tool', 1, TOOL_SHEET)],
  ['curated', makeProfile('curated', 1, CURATED)],
]);

/** A profile by name, or an operator's own list as numbers: `22,443,8883`. Undefined for anything else. */
export function portProfile(text: string): PortProfile | undefined {
  if (/^\d{1,5}(?:,\d{1,5}){0,1023}$/.test(text)) return makeProfile('own', 1, text.split(',').map(Number));
  return PROFILES.get(text);
}

/** The setting that applies: the own list where there is one. As `portProfile` takes it. */
export function chosenProfile(setting: {
  readonly ports_profile: string;
  readonly secure_ports: readonly number[];
}): string {
  return setting.secure_ports.length > 0 ? setting.secure_ports.join(',') : setting.ports_profile;
}

/** A list of the operator's own. Ports outside 0-65535 and repetitions are dropped. */
export function makeProfile(name: string, version: number, ports: readonly number[]): PortProfile {
  const valid = ports.filter((port) => Number.isInteger(port) && port >= 0 && port <= 65_535);
  const secure = [...new Set(valid)].sort((a, b) => a - b);
  const text = `weir.ports/1\n${name}\n${version}\n${secure.join(',')}\n`;
  return { name, version, secure, sha256: createHash('sha256').update(text).digest('hex') };
}

export function isSecurePort(profile: PortProfile, port: number): boolean {
  return profile.secure.includes(port);
}

/** A key that every app and the maker's cloud have proves nothing, but no listener reads without it. */
function payloadSays(readable: Readable | null): PayloadSays {
  if (readable === 'no') return 'protected';
  return readable === 'without_key' ? 'readable' : 'unknown';
}

export interface PortCheck {
  readonly port: number;
  readonly port_says: 'secure' | 'insecure';
  readonly payload_says: PayloadSays;
  readonly result: PortCheckResult;
  /** One sentence for a person. */
  readonly explanation: string;
}

/** Combines the port's word with the payload's. A port alone decides nothing. `port`: the server's (server-end.ts). */
export function checkPort(
  profile: PortProfile,
  proto: TransportProtocol,
  port: number,
  { verdict, readable }: { readonly verdict: Verdict; readonly readable: Readable | null },
): PortCheck {
  const port_says = isSecurePort(profile, port) ? 'secure' : 'insecure';
  const payload_says = payloadSays(readable);
  const result =
    payload_says === 'unknown'
      ? 'open'
      : (port_says === 'secure') === (payload_says === 'protected')
        ? 'agreement'
        : 'contradiction';
  const list = `${proto} port ${port} is ${port_says === 'secure' ? '' : 'not '}in the list ${profile.name}`;
  return { port, port_says, payload_says, result, explanation: `${list}; ${EXPLAINED[payload_says]} (${verdict})` };
}

const EXPLAINED: Readonly<Record<PayloadSays, string>> = {
  protected: 'the payload proves encryption',
  readable: 'the payload can be read by a listener',
  unknown: 'the payload proves neither',
};
