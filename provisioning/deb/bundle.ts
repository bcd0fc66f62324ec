// The compiled program and its libraries as a few files: no npm on the Pi, a tenth of the file opens at start. Called by main.ts.
// Each module keeps believing in its own place, wherever its code lands, so that workers, children, tables and page are found by the
// same lines of code as in the source tree.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';

/** `new URL('./cap-child.js', import.meta.url)`: a file that is started by its name and so is a beginning of its own. */
const STARTED_BY_NAME = /new URL\('(\.\/[\w./-]+\.js)', import\.meta\.url\)/g;
const MAIN = 'appliance/cli/main.js';
/** Run by the package's own script, which knows its name. */
const PREPARE = 'appliance/cli/prepare.js';
const VERSION_MODULE = 'appliance/config/version.js';
const CHUNK_FOLDER = 'appliance/chunk';
/** The root of the bundle, as a module says it before it is known how deep its file will lie. */
const ROOT_MARK = './@bundle-root@/';
const NATIVE_LEVEL = `${ROOT_MARK}native/classic-level.node`;

/** A file of the bundle: what the tests look at to see what capture links. */
export interface BundledFile {
  readonly file: string;
  readonly bytes: number;
  /** Loaded together with it, and only when asked for. */
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
  /** Source modules, below the root of the tree. */
  readonly modules: readonly string[];
}

/** `root`: the source tree with its `dist`; `out`: where `appliance/` is written; `epoch`: when it was built, seconds since 1970. */
export async function bundle(
  root: string,
  out: string,
  version: string,
  epoch = Math.floor(Date.now() / 1000),
): Promise<readonly BundledFile[]> {
  const built = join(root, 'dist');
  const build = await rolldown({
    input: Object.fromEntries(beginnings(built).map((file) => [file.replace(/\.js$/, ''), join(built, file)])),
    platform: 'node',
    cwd: root,
    // An optional dependency, loaded at run time by the children that may die of it.
    external: ['cap'],
    plugins: [keepPlaces(built, 'import.meta.url'), nativeLevel(), stateVersion(built, version, epoch), findRoot()],
    onLog: (level, log) => {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    },
  });
  const { output } = await build.write({
    dir: out,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: `${CHUNK_FOLDER}/[name]-[hash].js`,
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await build.close();
  return output.filter((item) => item.type === 'chunk').map((chunk) => describe(chunk, root));
}

function describe(chunk: OutputChunk, root: string): BundledFile {
  return {
    file: chunk.fileName,
    bytes: Buffer.byteLength(chunk.code),
    imports: chunk.imports,
    dynamicImports: chunk.dynamicImports,
    modules: chunk.moduleIds.map((id) => relative(root, id.replace(/^\0/, ''))).sort(),
  };
}

/** The command line, what the package runs, and every file that the program starts by name. */
export function beginnings(built: string): readonly string[] {
  const named = compiledFiles(built, 'appliance').flatMap((file) => {
    const text = readFileSync(join(built, file), 'utf8');
    return [...text.matchAll(STARTED_BY_NAME)].map((match) => join(file, '..', match[1] ?? ''));
  });
  return [...new Set([MAIN, PREPARE, ...named])].sort();
}

function compiledFiles(built: string, folder: string): string[] {
  return readdirSync(join(built, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return compiledFiles(built, path);
    return path.endsWith('.js') ? [path] : [];
  });
}

/** A module's own address stays what it is in the tree, wherever its code was put. `here`: the address of that file, as code. */
export function keepPlaces(built: string, here: string): Plugin {
  return {
    name: 'weir:keep-places',
    transform(code, id) {
      const file = relative(built, id);
      if (file.startsWith('..')) return null;
      const place = `new URL('${ROOT_MARK}${file}', ${here}).href`;
      const folder = `process.getBuiltinModule('node:path').dirname(process.getBuiltinModule('node:url').fileURLToPath(${place}))`;
      return code.replaceAll(/import\.meta\.(url|dirname)\b/g, (_, part) => (part === 'url' ? place : folder));
    },
  };
}

/** From each file of the bundle to its root. */
export function findRoot(): Plugin {
  return {
    name: 'weir:find-root',
    renderChunk: (code, { fileName }) => code.replaceAll(ROOT_MARK, '../'.repeat(fileName.split('/').length - 1)),
  };
}

/** node-gyp-build searches folders; there is exactly one file here, and it was chosen for this machine. */
function nativeLevel(): Plugin {
  return {
    name: 'weir:native-level',
    resolveId: (id) => (id === NATIVE_LEVEL ? { id, external: true } : null),
    transform: (_code, id) =>
      id.endsWith('/classic-level/binding.js') ? `module.exports = require('${NATIVE_LEVEL}');` : null,
  };
}

/** Said in sidecars and ledger: the exact build, which package.json alone does not identify. */
export function stateVersion(built: string, version: string, epoch: number): Plugin {
  return {
    name: 'weir:state-version',
    load: (id) =>
      relative(built, id) === VERSION_MODULE
        ? `export const version = ${JSON.stringify(version)};\nexport const buildDate = new Date(${epoch * 1000});`
        : null,
  };
}
