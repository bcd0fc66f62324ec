// Whose address it is, asked of the kernel's table of neighbours: a device may be asleep, or its address another's by now, and
// ports of the wrong device, or of nobody, would be worse than none.

import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SCANNER_PORTS } from '../../model/scan/port-scan.ts';

const LOOKS = 30;
const LOOK_MS = 100;
/** Discard (RFC 863): a datagram there makes the kernel ask whose address it is. */
const DISCARD = 9;
const PORTS_TRIED = 40;

/** Lower case; undefined where nobody answers for the address within some seconds. */
export async function neighbourOf(address: string, device: string): Promise<string | undefined> {
  await poke(address);
  for (let look = 0; look < LOOKS; look++) {
    const mac = readNeighbour(address, device);
    if (mac !== undefined) return mac;
    await pause(LOOK_MS);
  }
  return undefined;
}

/** Columns: IP address, HW type, flags, HW address, mask, device. Flag 2: the entry is complete. */
function readNeighbour(address: string, device: string): string | undefined {
  for (const line of readFileSync('/proc/net/arp', 'utf8').split('\n').slice(1)) {
    const [ip, , flags, mac, , name] = line.trim().split(/\s+/);
    if (ip === address && name === device && (Number(flags) & 2) !== 0) return mac?.toLowerCase();
  }
  return undefined;
}

/** From a port of the scanner, so that it counts as the scan's. */
async function poke(address: string): Promise<void> {
  for (let tried = 0; tried < PORTS_TRIED; tried++) {
    const port = SCANNER_PORTS.last - Math.floor(Math.random() * PORTS_TRIED);
    if (await send(address, port)) return;
  }
}

function send(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    // An unreachable neighbour is an error of the socket: the table reports it as well.
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind(port, () =>
      socket.send('', DISCARD, address, () => {
        socket.close();
        resolve(true);
      }),
    );
  });
}
