// What a fault test needs of the machine. Where something is missing the test is skipped and says what.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const ALWAYS = ['unshare', 'nsenter', 'setpriv', 'ip', 'sysctl', 'mount', 'gcc', 'tcpdump'];

/** `WEIR_FAULT_FULL=1` (make test-fault): the long version with distributions. */
export const FULL = process.env['WEIR_FAULT_FULL'] === '1';

/** The seed of everything random; printed by the tests that use it. `WEIR_FAULT_SEED` sets another. */
export const SEED = Number(process.env['WEIR_FAULT_SEED'] ?? 20_261_120);

/** For `test(name, { skip: missing('losetup') }, …)`: false, or the reason. */
export function missing(...tools: readonly string[]): false | string {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root for private mounts and network namespaces';
  const absent = [...ALWAYS, ...tools].filter((tool) => !isInstalled(tool));
  return absent.length > 0 ? `needs ${absent.join(', ')}` : false;
}

/** Where Debian's libfaketime lies; undefined when it is not installed. */
export function faketimeLibrary(): string | undefined {
  const folders = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
    '/usr/lib/arm-linux-gnueabihf',
    '/usr/lib',
  ];
  return folders.map((folder) => `${folder}/faketime/libfaketimeMT.so.1`).find((path) => existsSync(path));
}

function isInstalled(tool: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter).concat('/usr/sbin', '/sbin');
  return folders.some((folder) => existsSync(join(folder, tool)));
}
