// Reads the import lines of appliance/ and holds them against the order of DESIGN §2: data flows one way.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES } from '../appliance/model/errors.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const APPLIANCE = join(ROOT, 'appliance');

/** Rooms from upstream to downstream; a file imports from its own room or from rooms of lower rank. */
const RANK: Readonly<Record<string, number>> = {
  model: 0,
  config: 1,
  decode: 2,
  capture: 3,
  geo: 3,
  analysis: 4,
  reproduce: 5,
  store: 5,
  experiment: 6,
  ap: 6,
  health: 6,
  provision: 6,
  publish: 7,
  '.': 8,
  // The collecting machine's side: the appliance's own processes never import it.
  pull: 9,
  cli: 10,
  // A package of its own, started by its name: nothing else imports it.
  proxy: 11,
};

/** Neighbours that must not know each other, whatever their rank. */
const APART: readonly (readonly [string, string])[] = [
  ['analysis', 'capture'],
  ['geo', 'capture'],
  ['store', 'capture'],
  ['publish', 'capture'],
];

/** Packages that were shown to stop or stall a process stay out of the evidence path. */
const FORBIDDEN_IN_CAPTURE = ['level', 'fastify', 'node-cron', 'mqtt', 'systeminformation', 'pm2'];

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return targets.map((target) => ({
    file: relative(ROOT, path),
    room: roomOf(path),
    target: target.startsWith('.') ? resolve(dirname(path), target) : target,
  }));
}

function roomOf(path: string): string {
  const [first = '.', second] = relative(APPLIANCE, path).split('/');
  return second === undefined ? '.' : first;
}

const files = sources(APPLIANCE);
const imports = files.flatMap(importsOf);
const inner = imports.filter(({ target }) => target.startsWith(APPLIANCE));

test('every room of the appliance has a rank', () => {
  const unknown = files.map(roomOf).filter((room) => RANK[room] === undefined);
  assert.deepEqual([...new Set(unknown)], []);
});

test('no file imports from a room downstream of its own', () => {
  const wrong = inner.filter(({ room, target }) => (RANK[roomOf(target)] ?? 0) > (RANK[room] ?? 0));
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${relative(ROOT, target)}`),
    [],
  );
});

test('capture and what follows it know each other by files only', () => {
  const wrong = inner.filter(({ room, target }) =>
    APART.some(([a, b]) => [room, roomOf(target)].sort().join() === [a, b].sort().join()),
  );
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${relative(ROOT, target)}`),
    [],
  );
});

test('the evidence path links no library that can stop it', () => {
  const rooms = new Set(['capture', 'decode', 'model', 'config']);
  const wrong = imports.filter(
    ({ room, target }) =>
      rooms.has(room) && FORBIDDEN_IN_CAPTURE.some((name) => target === name || target.startsWith(`${name}/`)),
  );
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  );
});

test('nothing outside the appliance and node_modules is imported', () => {
  const wrong = imports.filter(({ target }) => target.startsWith('/') && !target.startsWith(APPLIANCE));
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} -> ${target}`),
    [],
  );
});

test('the main threads of appliance and capture do not hold the analysis: threads of their own do', () => {
  const analysis = ['analysis/analyzer.ts', 'analysis/render-document.ts'].map((name) => join(APPLIANCE, name));
  for (const start of ['appliance.ts', 'capture/main.ts']) {
    const loaded = loadedWith(join(APPLIANCE, start));
    assert.ok(loaded.size > 20, `${start} loads ${loaded.size} files`);
    assert.deepEqual(
      analysis.filter((path) => loaded.has(path)),
      [],
      start,
    );
  }
});

/** What is loaded at the start with a file: what only a type comes from is not, nor what is loaded when it is needed. */
function loadedWith(start: string): ReadonlySet<string> {
  const loaded = new Set([start]);
  for (const path of loaded) {
    const text = readFileSync(path, 'utf8');
    for (const [, target = ''] of text.matchAll(/^(?:import|export) (?!type )[^;']*'(\.[^']+\.ts)'/gm))
      loaded.add(resolve(dirname(path), target));
  }
  return loaded;
}

test('pm2 is a program of its own and never imported', () => {
  assert.deepEqual(
    imports.filter(({ target }) => target === 'pm2').map(({ file }) => file),
    [],
  );
});

test('every error code is in use', () => {
  const text = files
    .filter((path) => !path.endsWith('errors.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  assert.deepEqual(
    Object.keys(ERROR_CODES).filter((code) => !text.includes(`'${code}'`)),
    [],
  );
});
