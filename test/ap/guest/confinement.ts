// Debian's AppArmor profile of tcpdump, in force as on a machine where Weir is installed: what tcpdump may open is the kernel's
// decision, and the pipe that capture hands it has no name any more.

import { existsSync } from 'node:fs';
import type { Guest } from './guest.ts';

const PROFILE = '/etc/apparmor.d/usr.bin.tcpdump';
const KERNEL = '/sys/kernel/security/apparmor';

/** Every tcpdump from now on is confined; false where this kernel or this machine has no AppArmor. */
export function confineTcpdump(guest: Guest): boolean {
  guest.sh('mount -t securityfs securityfs /sys/kernel/security');
  const missing = [KERNEL, PROFILE].find((path) => !existsSync(path));
  if (missing !== undefined) {
    guest.skip("capture under Debian's profile of tcpdump", `${missing} is not there`);
    return false;
  }
  const { code, out } = guest.sh(`apparmor_parser --replace --skip-cache ${PROFILE}`);
  if (code !== 0) guest.skip("capture under Debian's profile of tcpdump", out);
  return code === 0;
}

/** Of the tcpdump that capture started: it writes to its standard output. */
export function checkConfined(guest: Guest): void {
  const confined = guest.sh("cat /proc/$(pgrep -f 'tcpdump .*-w - ' | head -n 1)/attr/current").out;
  guest.check("capture's tcpdump runs under Debian's AppArmor profile", confined === 'tcpdump (enforce)', confined);
}
