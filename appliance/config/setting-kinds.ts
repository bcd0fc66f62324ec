// The kinds of settings that schema.ts is made of: a section, a text, a switch, a number within bounds, one word of several.

import { type TProperties, Type } from 'typebox';

export const closed = <T extends TProperties>(properties: T, description: string) =>
  Type.Object(properties, { additionalProperties: false, default: {}, description });

export const text = (value: string, description: string) =>
  Type.String({ default: value, maxLength: 4096, description });
export const flag = (value: boolean, description: string) => Type.Boolean({ default: value, description });
export const whole = (value: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: value, minimum, maximum, description });
/** `Unsafe` because the type of a union made from a list is `never`, to which everything fits. */
export const oneOf = <T extends string>(value: NoInfer<T>, words: readonly T[], description: string) =>
  Type.Unsafe<T>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      { default: value, description },
    ),
  );

/** Empty, or a name as the kernel takes it (`dev_valid_name`); nothing that a rule or a path would read as more. */
export const OPTIONAL_INTERFACE = '^$|^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,15}$';
export const optionalInterface = (value: string, description: string) =>
  Type.String({ default: value, maxLength: 15, pattern: OPTIONAL_INTERFACE, description });

/** As above, and not empty: it is used in settings of other programs and in rules. */
export const INTERFACE = '^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,15}$';
