// The tester's planted secrets, searched in every payload in the encodings in which devices send them. The analyzer scans
// what crosses the wire, carrying a state per direction so that a secret may be cut by packets; listeners let it scan what
// they unpacked. Only a secret's name and encoding ever leave: never its value.
//
//   secrets → secret-encodings.ts (patterns) → pattern-automaton.ts (one table, one look-up per byte)
import { MAX_STATES, PatternAutomaton } from './pattern-automaton.ts';
import { encodingsOf } from './secret-encodings.ts';

/** A value that the tester planted, under a name that is no secret. */
export interface PlantedSecret {
  readonly name: string;
  readonly value: string;
}

export interface VaultHit {
  readonly name: string;
  /** `plain`, `url`, `base64`, `hex`, `utf-16`, `md5`, … */
  readonly encoding: string;
}

/** Shorter values would be found by chance. */
export const LEAST_SECRET_BYTES = 4;
/** Bytes of one planted secret; a list that holds a longer one is refused. */
export const MAX_SECRET_BYTES = 256;
/** Planted secrets that are searched for; a longer list is refused. */
export const MAX_SECRETS = 64;

/** Why a list of secrets cannot be searched for, in words for the person who wrote it; `undefined` where it can. */
export function vaultRefusal(secrets: readonly PlantedSecret[]): string | undefined {
  if (secrets.length > MAX_SECRETS) return `${secrets.length} secrets, at most ${MAX_SECRETS} are searched for`;
  for (const { name, value } of secrets) {
    const bytes = Buffer.byteLength(value);
    if (bytes < LEAST_SECRET_BYTES)
      return `secret "${name}" has ${bytes} bytes, at least ${LEAST_SECRET_BYTES} are needed`;
    if (bytes > MAX_SECRET_BYTES)
      return `secret "${name}" has ${bytes} bytes, at most ${MAX_SECRET_BYTES} are searched for`;
  }
  const bytes = secrets.reduce((sum, { value }) => sum + patternBytes(value), 1);
  return bytes > MAX_STATES
    ? `the secrets are too long together: ${bytes} bytes of patterns, ${MAX_STATES} fit`
    : undefined;
}

function patternBytes(value: string): number {
  return encodingsOf(value).reduce((sum, { bytes }) => sum + bytes.length, 0);
}

export class Vault {
  readonly #hits: readonly VaultHit[];
  readonly #automaton: PatternAutomaton;
  /** Patterns that occur in text: what `redact` replaces. */
  readonly #lengths: readonly number[];

  /** @throws TypeError for a list that `vaultRefusal` refuses */
  constructor(secrets: readonly PlantedSecret[]) {
    const refusal = vaultRefusal(secrets);
    if (refusal !== undefined) throw new TypeError(refusal);
    const patterns = secrets.flatMap(({ name, value }) =>
      encodingsOf(value).map(({ encoding, bytes }) => ({ name, encoding, bytes })),
    );
    this.#hits = patterns.map(({ name, encoding }) => ({ name, encoding }));
    this.#lengths = patterns.map(({ bytes }) => bytes.length);
    this.#automaton = new PatternAutomaton(patterns.map(({ bytes }) => bytes));
  }

  /** Whether there is nothing to search for. */
  get empty(): boolean {
    return this.#hits.length === 0;
  }

  /**
   * Searches [start, end) going on from `state` (0 at the beginning of a direction) and gives the state for the bytes that
   * follow. One table look-up a byte, whatever the number of secrets.
   */
  scan(bytes: Uint8Array, start: number, end: number, state: number, onHit: (hit: VaultHit) => void): number {
    return this.#automaton.scan(bytes, start, end, state, (pattern) => onHit(this.#hits[pattern]!));
  }

  /** A text with every secret in it, in any encoding, replaced by `{secret NAME}`: for whatever leaves the appliance. */
  redact(text: string): string {
    const bytes = Buffer.from(text);
    const spans: { from: number; to: number; name: string }[] = [];
    this.#automaton.scan(bytes, 0, bytes.length, 0, (pattern, to) => {
      spans.push({ from: to - this.#lengths[pattern]!, to, name: this.#hits[pattern]!.name });
    });
    return spans.length === 0 ? text : replaceSpans(bytes, spans);
  }
}

/** The earliest, then the longest span wins where they overlap. */
function replaceSpans(bytes: Buffer, spans: readonly { from: number; to: number; name: string }[]): string {
  let text = '';
  let at = 0;
  for (const { from, to, name } of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (to <= at) continue;
    if (from >= at) text += `${bytes.toString('utf8', at, from)}{secret ${name}}`;
    at = to;
  }
  return text + bytes.toString('utf8', at);
}
