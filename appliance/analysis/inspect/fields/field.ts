// One name with its value out of a message, and how much of each is kept.
export interface Field {
  readonly key: string;
  readonly value: string;
}

export const MAX_FIELDS = 200;
export const MAX_KEY = 64;
export const MAX_VALUE = 512;
/** Of a value that is a message itself. */
export const MAX_NESTED = 4096;
