// Lets the kernel take a radio's driver away and give it back: the firmware is loaded again. The one thing that helps after a halt
// short of a restart of the machine, and it needs no right to load modules.

import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectOnly, UNREADABLE } from '../../model/expected-error.ts';
import { writeSetting } from './machine.ts';

const APART_MS = 1000;

/** False where the radio hangs on nothing that can be unbound (a simulated one). */
export async function rebindDriver(link: string): Promise<boolean> {
  try {
    const device = realpathSync(`/sys/class/net/${link}/device`);
    const driver = realpathSync(`${device}/driver`);
    if (!writeSetting(`${driver}/unbind`, basename(device))) return false;
    await sleep(APART_MS);
    return writeSetting(`${driver}/bind`, basename(device));
  } catch (thrown) {
    expectOnly(thrown, "finding the radio's driver", ...UNREADABLE);
    return false;
  }
}
