// The data folder: owner, mount, space, and how fast its card really is.

import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../../config/load.ts';
import { systemCode } from '../../../model/errors.ts';
import { orElse, UNREADABLE } from '../../../model/expected-error.ts';
import { APPLIANCE_RUN_FOLDER } from '../../../model/files/run-files.ts';
import { measureCard } from '../card-speed.ts';
import type { MountFact, SpaceFact, SpeedFact, StorageFacts } from '../facts.ts';
import type { Host } from '../host.ts';
import { type Look, seen, unseen } from '../look.ts';

/** User of the package; outside its folder the user who starts capture owns the data. */
const CAPTURE_USER = 'weir-capture';

export async function collectStorage(host: Host, dir: string, measures: boolean): Promise<StorageFacts> {
  const info = await stat(dir).catch(orElse(undefined, 'finding the data folder', ...UNREADABLE));
  const nearest = info === undefined ? await nearestFolder(dir) : dir;
  const users = (await host.read('/etc/passwd')) ?? '';
  const uid = users.split('\n').some((line) => line.startsWith(`${CAPTURE_USER}:`));
  const [refusal, mounts, space, speed] = await Promise.all([
    refusalOf(nearest),
    host.read('/proc/self/mountinfo'),
    spaceOf(nearest),
    measures && info !== undefined
      ? speedOf(dir)
      : unseen(info === undefined ? 'the folder is not there yet' : NOT_MEASURED),
  ]);
  return {
    dir,
    exists: info?.isDirectory() === true,
    refusal,
    owner: info === undefined ? '' : userName(users, info.uid),
    rightOwner: dir === loadConfig(undefined).config.data.dir && uid ? CAPTURE_USER : '',
    mount: mountOf(mounts ?? '', nearest),
    space,
    speed,
  };
}

const NOT_MEASURED = 'not measured this time, to leave the card alone; `weir doctor` measures it';

async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(orElse(undefined, 'finding a folder', ...UNREADABLE));
    if (found !== undefined || folder === dirname(folder)) return folder;
  }
}

async function refusalOf(folder: string): Promise<string> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => '',
    (error: unknown) => (systemCode(error) === 'EROFS' ? 'read-only file system' : 'this user may not write there'),
  );
}

function userName(users: string, uid: number): string {
  const line = users.split('\n').find((candidate) => candidate.split(':')[2] === String(uid));
  return line?.split(':', 1)[0] ?? `user ${uid}`;
}

/** proc_pid_mountinfo(5): the innermost mount point that holds the path; of several on one place the last is on top. */
export function mountOf(text: string, path: string): Look<MountFact> {
  let best: MountFact | undefined;
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , , point = '', options = ''] = left.split(' ').map(unescapeOctal);
    const [type = '', source = '', superOptions = ''] = right.split(' ');
    if (point === '' || !isWithin(path, point) || point.length < (best?.point.length ?? 0)) continue;
    best = { point, type, source, readOnly: isReadOnly(options) || isReadOnly(superOptions) };
  }
  return best === undefined ? unseen('the kernel names no mount for it') : seen(best);
}

const isReadOnly = (options: string) => options.split(',').includes('ro');

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

async function spaceOf(folder: string): Promise<Look<SpaceFact>> {
  try {
    const { blocks, bavail, bsize, files, ffree } = await statfs(folder);
    return seen({ totalBytes: blocks * bsize, freeBytes: bavail * bsize, inodes: files, freeInodes: ffree });
  } catch (thrown) {
    return unseen(systemCode(thrown) ?? 'the file system does not answer');
  }
}

/** The page's user may not write into the data folder itself. */
async function speedOf(dir: string): Promise<Look<SpeedFact>> {
  for (const folder of [dir, join(dir, APPLIANCE_RUN_FOLDER)]) {
    if ((await refusalOf(folder)) === '') return measureCard(folder);
  }
  return unseen('this user may not write there');
}
