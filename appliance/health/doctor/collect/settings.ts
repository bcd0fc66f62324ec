// Reads the configuration as far as it can be read: a mistake in it is one finding, and the others must still be found.

import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import { loadConfig } from '../../../config/load.ts';
import { type Config, configSchema } from '../../../config/schema.ts';
import { toError } from '../../../model/errors.ts';
import { expectOnly, UNREADABLE } from '../../../model/expected-error.ts';
import type { SettingsFacts } from '../facts.ts';

/** As many mistakes are looked past; a file with more is as good as none. */
const MAX_MISTAKES = 32;

export function collectSettings(path: string | undefined): SettingsFacts {
  try {
    const loaded = loadConfig(path);
    return { path: loaded.path, problem: '', config: loaded.config };
  } catch (thrown) {
    return { path: path ?? null, problem: toError(thrown).message, config: readLeniently(path) };
  }
}

/** What is wrong is left out, setting by setting, and its default holds. Relations between settings are not looked at. */
export function readLeniently(path: string | undefined): Config {
  const value = knownSettings(parseLoosely(path));
  for (let mistakes = 0; mistakes < MAX_MISTAKES; mistakes++) {
    const completed: unknown = Value.Default(configSchema, structuredClone(value));
    const [error] = Value.Errors(configSchema, completed);
    if (error === undefined) return completed as Config;
    const [section = '', setting = ''] = error.instancePath.split('/').slice(1);
    if (value[section] === undefined) break;
    delete value[section][setting];
  }
  return Value.Default(configSchema, {}) as Config;
}

function parseLoosely(path: string | undefined): unknown {
  try {
    return path === undefined ? {} : parse(readFileSync(path, 'utf8'), { maxAliasCount: 0, uniqueKeys: false });
  } catch (thrown) {
    expectOnly(thrown, 'reading the settings', ...UNREADABLE, /YAML/, ReferenceError);
    return {};
  }
}

type Sections = Record<string, Record<string, unknown>>;

function knownSettings(value: unknown): Sections {
  const sections: Record<string, { properties: Record<string, unknown> }> = configSchema.properties;
  const given = isRecord(value) ? value : {};
  const known: Sections = {};
  for (const [name, { properties }] of Object.entries(sections)) {
    const settings = given[name];
    if (!isRecord(settings)) continue;
    known[name] = Object.fromEntries(Object.entries(settings).filter(([key]) => Object.hasOwn(properties, key)));
  }
  return known;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
