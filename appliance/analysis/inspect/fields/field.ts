// One name with its value out of a message, and how much of each is kept.
export interface Field {
  readonly key: string;
  readonly value: string;
}

/** A message with more fields is data, not a form: the first ones are searched. */
export const MAX_FIELDS = 200;
/** Characters of a name; identifiers in real protocols are shorter. */
export const MAX_KEY = 64;
/** Characters of a value: enough to recognise a token, a picture is not kept here. */
export const MAX_VALUE = 512;
/** Of a value that is a message itself. */
export const MAX_NESTED = 4096;
