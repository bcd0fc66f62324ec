// `weir analyze` with its libraries as one file that Node wraps in a function: V8 can keep the compiled code of such a file
// (appliance/cli/prepared.ts), and of modules it cannot before Node 22.

import { statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { PREPARATION, PROGRAM, type Preparation } from '../../appliance/cli/prepared.ts';
import { findRoot, keepPlaces, stateVersion } from '../deb/bundle.ts';

/** What the package states; the tree's program reads it as its modules do. */
export interface StatedBuild {
  readonly version: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/**
 * Writes the program into `out/prepared`. `root`: the source tree with its `dist`.
 * Without `stated` it is for the tree that it was made from, and holds only as long as that does not change.
 */
export async function bundleProgram(root: string, out: string, stated?: StatedBuild): Promise<void> {
  const built = join(root, 'dist');
  const folder = join(out, 'prepared');
  const read = new Set<string>([join(root, 'package.json')]);
  const build = await rolldown({
    input: join(built, 'appliance/cli/analyze/analyze-program.js'),
    platform: 'node',
    cwd: root,
    external: ['cap'],
    plugins: [
      remember(read),
      keepPlaces(built, `require('node:url').pathToFileURL(__filename)`),
      ...(stated === undefined ? [] : [stateVersion(built, stated.version, stated.epoch)]),
      findRoot(),
    ],
  });
  await build.write({
    dir: out,
    entryFileNames: `prepared/${PROGRAM}`,
    format: 'cjs',
    codeSplitting: false,
    comments: { legal: false, annotation: false, jsdoc: false },
  });
  await build.close();
  const files = stated === undefined ? [...read].sort() : [];
  const preparation: Preparation = { inputs: files.map((file) => describe(file, folder)) };
  writeFileSync(join(folder, PREPARATION), `${JSON.stringify(preparation)}\n`);
}

/** Also those of which nothing was kept. */
function remember(read: Set<string>): Plugin {
  return {
    name: 'weir:remember',
    transform(_code, id) {
      if (isAbsolute(id)) read.add(id);
      return null;
    },
  };
}

function describe(file: string, folder: string): Preparation['inputs'][number] {
  const { size, mtimeMs } = statSync(file);
  return { file: relative(folder, file), bytes: size, milliseconds: mtimeMs };
}
