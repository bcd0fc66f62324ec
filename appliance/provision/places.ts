// Where first boot finds and leaves things.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BOOT_REPORT_FILE } from '../model/files/boot-report.ts';

export interface Places {
  /** The FAT partition that any computer can write, where there is one. */
  readonly boot: string | null;
  /** The settings in force. */
  readonly config: string;
  readonly report: string;
  /** Shown above the log-in prompt by agetty(8); on tmpfs. */
  readonly issue: string;
  readonly console: string;
}

/** Raspberry Pi OS and Debian since bookworm; before that. */
const BOOT_FOLDERS = ['/boot/firmware', '/boot'];
/** What only the boot partition of a Pi holds. */
const BOOT_MARKS = ['cmdline.txt', 'config.txt', 'weir.yaml'];

export function installedPlaces(config: string, boot: string | undefined): Places {
  return {
    boot: boot ?? BOOT_FOLDERS.find((folder) => BOOT_MARKS.some((mark) => existsSync(join(folder, mark)))) ?? null,
    config,
    report: BOOT_REPORT_FILE,
    issue: '/run/issue.d/weir.issue',
    console: '/dev/console',
  };
}
