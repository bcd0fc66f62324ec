// One name with its value out of a message, and how much of each is kept.
export interface Field {
  readonly key: string;
  readonly value: string;
}

/**
 * Fields after which the rest of a message is not searched, which is counted; a message within a value is read apart. More than JSON
 * of 16 KiB has in practice, and few enough that a flood of made-up names does not occupy the analysis.
 */
export const MAX_FIELDS = 1000;
/** Characters of a field's name; a longer one is cut. */
export const MAX_KEY = 64;
/** Characters kept of a field's value; a longer one is cut. */
export const MAX_VALUE = 512;
/** Of a value that is a message itself. */
export const MAX_NESTED = 4096;
