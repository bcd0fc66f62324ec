// A fact that may not have been looked at: the value, or why it is not known. Collectors make them, checks read them.

export type Look<T> = { readonly value: T } | { readonly unknown: string };

export function seen<T>(value: T): Look<T> {
  return { value };
}

/** `why` reads after "not known: ". */
export function unseen(why: string): Look<never> {
  return { unknown: why };
}

/** Goes on with a value; what is not known stays not known, for the same reason. */
export function mapLook<T, R>(look: Look<T>, map: (value: T) => R): Look<R> {
  return 'value' in look ? { value: map(look.value) } : look;
}
