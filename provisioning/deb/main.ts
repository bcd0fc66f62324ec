// `make deb`: the Debian packages of Weir, from a tree that is built. Read makePackage top to bottom for the order of things.
// Usage: node dist/provisioning/deb/main.js [--arch arm64,amd64] [--out dist/deb] [--version 0.1.0] [--key release-private.pem]

import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleProgram } from '../prepared/bundle-program.ts';
import { bundle } from './bundle.ts';
import { writeControl } from './control.ts';
import { ARCHITECTURES, type Architecture, placeNativeModules } from './native.ts';
import { mebibytes, packUp, settle } from './pack.ts';
import { makeProxyPackage } from './proxy-package.ts';
import { type ReleaseKey, readReleaseKey, signPackage } from './release-key.ts';
import { enabledUnits, PROGRAM, placeTree } from './tree.ts';
import { type BuildVersion, buildVersion } from './version.ts';

const root = resolve(import.meta.dirname, '../../..');

async function makePackage(
  architecture: Architecture,
  out: string,
  { version, epoch }: BuildVersion,
  key: ReleaseKey | undefined,
): Promise<void> {
  const work = join(out, architecture);
  const tree = join(work, 'root');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  const program = join(tree, PROGRAM);
  const files = await bundle(root, program, version, epoch);
  await bundleProgram(root, program, { version, epoch });
  writeFileSync(join(work, 'bundle.json'), JSON.stringify(files, null, 1));
  placeTree({ root, tree, version, epoch, files, releaseKey: key?.publicPem });
  const capLeftOut = placeNativeModules(root, program, architecture, join(work, 'cap'));
  if (capLeftOut !== null) {
    console.error(`weir: the ${architecture} package is without cap: ${capLeftOut}.`);
    console.error('weir: where it is installed, capture knows only tcpdump.');
  }
  settle(tree, epoch);
  writeControl(root, tree, architecture, version, enabledUnits(root));
  settle(tree, epoch);
  const file = join(out, `weir_${version}_${architecture}.deb`);
  packUp(tree, file, epoch);
  signPackage(file, key);
  console.log(
    `${file}: ${mebibytes(statSync(file).size)}, bundle ${mebibytes(files.reduce((sum, { bytes }) => sum + bytes, 0))}`,
  );
}

function chosen(list: string): readonly Architecture[] {
  const words = list.split(',');
  const unknown = words.find((word) => !ARCHITECTURES.some((known) => known === word));
  if (unknown !== undefined)
    throw new Error(`there is no architecture ${unknown}; there are ${ARCHITECTURES.join(', ')}`);
  return ARCHITECTURES.filter((known) => words.includes(known));
}

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: ARCHITECTURES.join(',') },
    out: { type: 'string', default: join(root, 'dist/deb') },
    version: { type: 'string' },
    key: { type: 'string' },
  },
});
const version = buildVersion(root, values.version);
const key = readReleaseKey(values.key);
for (const architecture of chosen(values.arch)) await makePackage(architecture, resolve(values.out), version, key);
signPackage(await makeProxyPackage(root, resolve(values.out), version), key);
