// A process that writes into an archive at the same time as others do: `hosts ARCHIVE NAME COUNT` notes hosts, `hold ARCHIVE SITE` takes
// a site's lock and keeps it, `turns ARCHIVE SITE COUNT` takes it so often, and ends with 3 where somebody else has it too.

import fs from 'node:fs';
import path from 'node:path';
import { WeirError } from '../../appliance/model/errors.ts';
import { Archive } from '../../appliance/pull/archive.ts';

const [verb, folder = '', name = '', count = '0'] = process.argv.slice(2);
const archive = await Archive.open(folder, false);
if (verb === 'hosts')
  for (let i = 0; i < Number(count); i++)
    archive.rememberHost(`${name}-${i}:8443`, { page_key: 'a'.repeat(64), site: null });
else if (verb === 'hold') {
  archive.lock(name);
  process.stdout.write('held\n');
  setInterval(() => undefined, 1000);
} else {
  const inside = path.join(folder, 'inside');
  for (let taken = 0; taken < Number(count); ) {
    const unlock = lockOf();
    if (unlock !== undefined) {
      taken++;
      if (!enters(inside)) process.exit(3);
      await new Promise((resolve) => setTimeout(resolve, 2));
      fs.rmdirSync(inside);
      unlock();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function lockOf(): (() => void) | undefined {
  try {
    return archive.lock(name, (message) => process.stdout.write(`${message}\n`));
  } catch (thrown) {
    if (thrown instanceof WeirError && thrown.code === 'ALREADY_RUNNING') return undefined;
    throw thrown;
  }
}

function enters(inside: string): boolean {
  try {
    fs.mkdirSync(inside);
    return true;
  } catch {
    return false;
  }
}
