// The one rule for what a signature covers (EVIDENCE.md): a line is covered when the signed head or a seal is at it or after
// it, with a chain that holds in between. What follows the last of them is testimony of nobody. Used by capture at its start and
// by verify alike.

import { type ChainState, type CheckedLine, EMPTY_CHAIN, type SignedHead, standsAt } from './ledger-chain.ts';

/** Whether the text carries the appliance's signature. */
export type IsSigned = (text: string, signature: unknown) => boolean;

export interface Covered {
  /** The chain after the last covered line. */
  readonly chain: ChainState;
  /** Where in the file that line ends. */
  readonly bytes: number;
}

interface Seal extends Covered {
  readonly text: string;
  readonly signature: string;
}

const NOTHING: Covered = { chain: EMPTY_CHAIN, bytes: 0 };
/** Seals that are kept to be tried from the newest backwards; a signature costs time, and the last one says all. */
const KEPT_SEALS = 256;

export class LedgerCoverage {
  readonly #head: SignedHead | undefined;
  readonly #isSigned: IsSigned;
  readonly #seals: Seal[] = [];
  #headMet: Covered | undefined;
  #broken = false;
  #sealCount = 0;

  /** `head`: the signed head, where its signature is right. */
  constructor(head: SignedHead | undefined, isSigned: IsSigned) {
    this.#head = head;
    this.#isSigned = isSigned;
  }

  /** Takes the lines in their order; `end` is the byte behind each. */
  visit({ line, fault, next }: CheckedLine, end: number): void {
    // Behind a break only the head can cover: its hash goes over all, where a seal may be a copy of an earlier one.
    if (fault !== null) this.#broken = true;
    const head = this.#head;
    if (this.#headMet === undefined && head !== undefined && standsAt(next, head)) {
      this.#headMet = { chain: head.head === next.head ? next : { lines: head.lines, head: head.head }, bytes: end };
      this.#broken = false;
    }
    if (line?.type !== 'seal' || this.#broken) return;
    this.#sealCount++;
    this.#seals.push({ chain: next, bytes: end, text: line.previous, signature: line.signature });
    if (this.#seals.length > KEPT_SEALS) this.#seals.shift();
  }

  /** The signed head points to one of the lines. */
  get isHeadMet(): boolean {
    return this.#headMet !== undefined;
  }

  /** Seals at positions where the chain is intact, right or not. */
  get seals(): number {
    return this.#sealCount;
  }

  get covered(): Covered {
    const met = this.#headMet ?? NOTHING;
    const seal = this.#seals.findLast(
      ({ bytes, text, signature }) => bytes <= met.bytes || this.#isSigned(text, signature),
    );
    return seal === undefined || seal.bytes <= met.bytes ? met : { chain: seal.chain, bytes: seal.bytes };
  }
}
