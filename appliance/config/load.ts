// Reads the configuration file (YAML) and completes it from the schema. The result is passed on; nobody asks for it again.

import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { Value } from 'typebox/value';
import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { toError, WeirError } from '../model/errors.ts';
import { parseMac } from '../model/mac.ts';
import { printable } from '../model/text.ts';
import { apProblem, type SettingError } from './ap-rules.ts';
import { readPlainFile } from './plain-file.ts';
import { type Config, configSchema } from './schema.ts';

/** Settings are read whole into memory; a larger file is refused. */
const MAX_BYTES = 256 * 1024;

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path, or null where only defaults apply. */
  readonly path: string | null;
  /** SHA-256 of the completed settings in canonical form: what every sidecar names. */
  readonly sha256: string;
}

/** @throws WeirError CONFIG_MISSING, CONFIG_INVALID with file, line and setting. */
export function loadConfig(path: string | undefined): LoadedConfig {
  const absolute = path === undefined ? null : resolve(path);
  const parsed = absolute === null ? {} : parseFile(absolute);
  const config = Value.Default(configSchema, parsed) as Config;
  const base = absolute === null ? process.cwd() : dirname(absolute);
  const settled: Config = { ...config, data: { dir: resolve(base, config.data.dir) } };
  return { config: settled, path: absolute, sha256: createHash('sha256').update(canonical(settled)).digest('hex') };
}

function parseFile(path: string): unknown {
  const { value, mistakes } = examine(readText(path));
  const [first] = mistakes;
  if (first !== undefined) throw invalid(path, first.line, first.message);
  return value;
}

export interface Mistake {
  readonly line: number;
  /** One printable line. */
  readonly message: string;
}

/**
 * Everything wrong with a file at once: a person who corrects it on another computer must not discover one mistake per start.
 * @throws WeirError CONFIG_MISSING, CONFIG_INVALID where it cannot be read at all.
 */
export function mistakesIn(path: string): readonly Mistake[] {
  return examine(readText(path)).mistakes.map(({ line, message }) => ({ line, message: printable(message) }));
}

/** The same of a text that is no file yet. */
export function mistakesInText(text: string): readonly Mistake[] {
  return examine(text).mistakes.map(({ line, message }) => ({ line, message: printable(message) }));
}

function examine(text: string): { readonly value: unknown; readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const at = (offset: number, message: string): Mistake => ({ line: lines.linePos(offset).line, message });
  const broken = document.errors.map((error) => at(error.pos[0], firstLine(error.message)));
  if (broken.length > 0) return { value: undefined, mistakes: broken };
  const alias = firstAlias(document);
  if (alias !== undefined) return { value: undefined, mistakes: [at(alias, 'aliases (*name) are not taken')] };
  const value: unknown = document.toJS() ?? {};
  const mistakes = settingErrors(value).map(({ path, message }) =>
    at(offsetOf(document, path), `${path.join('.') || 'the file'}: ${message}`),
  );
  return { value, mistakes: mistakes.sort((a, b) => a.line - b.line) };
}

function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  const node = document.getIn(path, true) ?? document.getIn(path.slice(0, -1), true);
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Offset of the first alias: one of them can unfold to gigabytes. */
function firstAlias(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, node) {
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function readText(path: string): string {
  const text = readBounded(path);
  if (text !== undefined) return text.replace(/^\uFEFF/, '');
  const message = `${path}: no such configuration file; nothing was started. Create it or leave --config out.`;
  throw new WeirError('CONFIG_MISSING', message);
}

function readBounded(path: string): string | undefined {
  try {
    return readPlainFile(path, MAX_BYTES);
  } catch (thrown) {
    const message = `${path}: cannot be read (${toError(thrown).message}); nothing was started.`;
    throw new WeirError('CONFIG_INVALID', message, { cause: thrown });
  }
}

/** What is wrong with a partial configuration; missing settings are no error, unknown ones are. */
function settingErrors(value: unknown): readonly SettingError[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path: [], message: 'must be a list of sections' }];
  const unknown = unknownNames(value as Record<string, unknown>);
  if (unknown.length > 0) return unknown;
  const completed: unknown = Value.Default(configSchema, structuredClone(value));
  const wrong = firstOfEachSetting(Value.Errors(configSchema, completed));
  if (wrong.length > 0) return wrong;
  const problem = captureProblem(completed as Config) ?? apProblem(completed as Config);
  return problem === undefined ? [] : [problem];
}

/** What was dropped in silence before. A replay that stored more than its sidecars' filter says would be false evidence. */
function captureProblem({ capture }: Config): SettingError | undefined {
  const wrong = capture.infra_macs.findIndex((text) => parseMac(text) === undefined);
  if (wrong >= 0) {
    const message = `${capture.infra_macs[wrong]} is no MAC address, as dc:a6:32:00:00:fe`;
    return { path: ['capture', 'infra_macs', String(wrong)], message };
  }
  if (capture.engine !== 'file' || capture.filter === '') return undefined;
  const message = 'is not taken by the `file` engine; filter the file itself: tcpdump -r IN -w OUT FILTER';
  return { path: ['capture', 'filter'], message };
}

type SchemaError = ReturnType<typeof Value.Errors>[number];

/** One error a setting; a choice that fits none of its words has one for each word, which become the list of words. */
function firstOfEachSetting(errors: readonly SchemaError[]): SettingError[] {
  const byPath = new Map<string, SchemaError[]>();
  for (const error of errors) byPath.set(error.instancePath, [...(byPath.get(error.instancePath) ?? []), error]);
  return [...byPath].map(([path, of]) => ({ path: path.split('/').slice(1), message: wording(of) }));
}

function wording(errors: readonly SchemaError[]): string {
  const words = errors.flatMap((error) => (error.keyword === 'const' ? [String(error.params.allowedValue)] : []));
  return words.length > 0 ? `must be one of: ${words.join(', ')}` : firstLine(errors[0]?.message ?? 'is not taken');
}

function unknownNames(value: Record<string, unknown>): SettingError[] {
  const sections: Record<string, { properties: Record<string, unknown> }> = configSchema.properties;
  return Object.entries(value).flatMap(([section, settings]): SettingError[] => {
    const known = Object.hasOwn(sections, section) ? sections[section] : undefined;
    if (known === undefined)
      return [{ path: [section], message: `unknown section; known: ${Object.keys(sections).join(', ')}` }];
    if (typeof settings !== 'object' || settings === null)
      return [{ path: [section], message: 'must be a section with settings' }];
    const names = Object.keys(settings).filter((name) => !Object.hasOwn(known.properties, name));
    const message = `unknown setting; known: ${Object.keys(known.properties).join(', ')}`;
    return names.map((name) => ({ path: [section, name], message }));
  });
}

function invalid(path: string, line: number, message: string): WeirError {
  return new WeirError(
    'CONFIG_INVALID',
    `${path}:${line}: ${printable(message)}; nothing was started. Correct the line, or remove it for the default.`,
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

/** JSON with sorted keys, so that equal settings have equal hashes. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
