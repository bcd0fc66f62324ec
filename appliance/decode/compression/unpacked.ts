// What a bounded decoder gives: as much as could be had, and whether that is all. Pure.

export interface Unpacked {
  readonly bytes: Uint8Array;
  /** The stream ended as it should; false where it was cut, is damaged or is longer than the limit. */
  readonly whole: boolean;
}

/** Ends a decoding from wherever it is; never leaves this folder. */
export const STOP = new Error('The stream cannot be decoded further.');
