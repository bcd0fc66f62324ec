// Reads the configuration file (YAML) and completes it from the schema. The result is passed on; nobody asks for it again.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Value } from 'typebox/value';
import { type Document, isNode, LineCounter, parseDocument, visit } from 'yaml';
import { systemCode, toError, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { apTrouble, type SettingError } from './ap-rules.ts';
import { type Config, configSchema } from './schema.ts';

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
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, strict: true, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken !== undefined) throw invalid(path, lines.linePos(broken.pos[0]).line, firstLine(broken.message));
  const alias = firstAlias(document);
  if (alias !== undefined) throw invalid(path, lines.linePos(alias).line, 'aliases (*name) are not taken');
  const value: unknown = document.toJS() ?? {};
  const error = firstError(value);
  if (error !== undefined) {
    const node = document.getIn(error.path, true) ?? document.getIn(error.path.slice(0, -1), true);
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    throw invalid(path, lines.linePos(offset).line, `${error.path.join('.') || 'the file'}: ${error.message}`);
  }
  return value;
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
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length > MAX_BYTES) throw invalid(path, 1, `longer than ${MAX_BYTES} bytes`);
    return text.replace(/^\uFEFF/, '');
  } catch (thrown) {
    if (thrown instanceof WeirError) throw thrown;
    if (systemCode(thrown) === 'ENOENT') {
      throw new WeirError(
        'CONFIG_MISSING',
        `${path}: no such configuration file; nothing was started. Create it or leave --config out.`,
      );
    }
    throw new WeirError('CONFIG_INVALID', `${path}: cannot be read (${toError(thrown).message}); nothing was started.`);
  }
}

/** The first thing wrong with a partial configuration; missing settings are no error, unknown ones are. */
export function firstError(value: unknown): SettingError | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { path: [], message: 'must be a list of sections' };
  const unknown = firstUnknown(value as Record<string, unknown>);
  if (unknown !== undefined) return unknown;
  const completed: unknown = Value.Default(configSchema, structuredClone(value));
  const [error] = Value.Errors(configSchema, completed);
  if (error === undefined) return apTrouble(completed as Config);
  return { path: error.instancePath.split('/').slice(1), message: firstLine(error.message) };
}

function firstUnknown(value: Record<string, unknown>): SettingError | undefined {
  const sections: Record<string, { properties: Record<string, unknown> }> = configSchema.properties;
  for (const [section, settings] of Object.entries(value)) {
    const known = Object.hasOwn(sections, section) ? sections[section] : undefined;
    if (known === undefined)
      return { path: [section], message: `unknown section; known: ${Object.keys(sections).join(', ')}` };
    if (typeof settings !== 'object' || settings === null)
      return { path: [section], message: 'must be a section with settings' };
    for (const name of Object.keys(settings)) {
      if (!Object.hasOwn(known.properties, name)) {
        return {
          path: [section, name],
          message: `unknown setting; known: ${Object.keys(known.properties).join(', ')}`,
        };
      }
    }
  }
  return undefined;
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
