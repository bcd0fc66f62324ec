// Why the image is not tested here, said loudly; false where it is. Booting it takes minutes, so it is asked for by name.

import { spawnSync } from 'node:child_process';
import { builtImage } from './card.ts';

const PROGRAMS = ['qemu-system-aarch64', 'mcopy', 'debugfs', 'sfdisk'];

function reason(): string | false {
  if (process.env['WEIR_IMAGE_TEST'] === undefined) return 'the image is tested by `make test-image`: it takes minutes';
  if (builtImage() === undefined) return 'there is no image in dist/image; `make image` makes it';
  const path = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const missing = PROGRAMS.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: path }).status !== 0);
  return missing.length > 0 ? `${missing.join(', ')} missing; provisioning/setup.sh image installs it` : false;
}

export const skip = reason();
if (skip !== false && process.env['WEIR_IMAGE_TEST'] !== undefined)
  process.stderr.write(`SKIPPED, the image is not tested: ${skip}\n`);
