// One setting of a settings file replaced, comments and order kept; and which services have to start again for it. Pure: texts in, texts out.

import { isDeepStrictEqual } from 'node:util';
import { isCollection, isScalar, parseDocument, stringify } from 'yaml';
import { WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { mistakesInText } from './load.ts';
import { configSchema } from './schema.ts';

const SECTIONS: Readonly<Record<string, { readonly properties: Readonly<Record<string, unknown>> }>> =
  configSchema.properties;

/** Who reads a section, for those that more than the appliance reads. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  data: ['weir-capture', 'weir'],
  capture: ['weir-capture', 'weir-ap', 'weir'],
  retention: ['weir-capture'],
  ap: ['weir-ap', 'weir'],
};

/** `section.name`, or a section. @throws WeirError USAGE with what is known. */
export function settingPath(key: string): readonly string[] {
  const [section = '', name, ...rest] = key.split('.');
  const known = Object.hasOwn(SECTIONS, section) ? SECTIONS[section] : undefined;
  const unknownKey = (list: readonly string[]): WeirError =>
    new WeirError('USAGE', `${printable(key, 100)} is no setting; nothing was done. Known: ${list.join(', ')}.`);
  if (known === undefined) throw unknownKey(Object.keys(SECTIONS));
  if (name === undefined) return [section];
  if (!Object.hasOwn(known.properties, name) || rest.length > 0)
    throw unknownKey(Object.keys(known.properties).map((one) => `${section}.${one}`));
  return [section, name];
}

/** Services that read what differs between two completed settings, in the order in which they are restarted. */
export function restartsFor(before: object, after: object): string[] {
  const [old, fresh] = [before, after].map((settings) => new Map(Object.entries(settings)));
  const units = new Set<string>();
  for (const section of Object.keys(SECTIONS)) {
    if (JSON.stringify(old?.get(section)) === JSON.stringify(fresh?.get(section))) continue;
    for (const unit of READERS[section] ?? ['weir']) units.add(unit);
  }
  return ['weir-capture', 'weir-ap', 'weir'].filter((unit) => units.has(unit));
}

/** `value`: YAML, so that lists and numbers can be given; where the setting is text, the text. @throws WeirError USAGE, CONFIG_INVALID. */
export function withSetting(text: string, key: string, value: string): string {
  const path = settingPath(key);
  if (path.length !== 2)
    throw new WeirError('USAGE', `${key} is a section; nothing was done. Name one of its settings.`);
  const parsed = parseDocument(value);
  const asYaml = parsed.errors.length > 0 ? text : replaced(text, path, parsed.toJS() as unknown);
  if (parsed.errors.length === 0 && mistakesInText(asYaml).length === 0) return asYaml;
  const asText = replaced(text, path, value);
  const [mistake] = mistakesInText(asText);
  if (mistake === undefined) return asText;
  const [first = mistake] = parsed.errors.length > 0 ? [mistake] : mistakesInText(asYaml);
  const message = `${printable(value, 100)} was not set: ${first.message}; the settings are as they were. \`weir config reference\` lists what is taken.`;
  throw new WeirError('CONFIG_INVALID', message);
}

function replaced(text: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  const there = document.getIn(path, true);
  if (isScalar(there) && there.range != null) {
    // Only the word itself: what a person arranged around it stays to the letter.
    const word = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
    const inPlace = text.slice(0, there.range[0]) + word + text.slice(there.range[1]);
    if (!word.includes('\n') && isDeepStrictEqual(valueIn(inPlace, path), value)) return inPlace;
  }
  // A section that is empty but for a comment is no map yet.
  if (!isCollection(document.getIn(path.slice(0, 1), true))) document.setIn(path.slice(0, 1), document.createNode({}));
  document.setIn(path, value);
  return document.toString({ lineWidth: 0 });
}

function valueIn(text: string, path: readonly string[]): unknown {
  const document = parseDocument(text);
  return document.errors.length > 0
    ? undefined
    : (document.toJS() as Record<string, Record<string, unknown>>)[path[0] ?? '']?.[path[1] ?? ''];
}
