// One name with its value out of a message, and how much of each is kept.
export interface Field {
  readonly key: string;
  readonly value: string;
}

/** Fields after which the rest of a message is not searched; a message within a value is read apart. */
export const MAX_FIELDS = 200;
/** Characters of a field's name: cut in JSON, XML and multipart; in a form a longer one is left out with its value. */
export const MAX_KEY = 64;
/** Characters kept of a field's value; a longer one is cut. */
export const MAX_VALUE = 512;
/** Of a value that is a message itself. */
export const MAX_NESTED = 4096;
