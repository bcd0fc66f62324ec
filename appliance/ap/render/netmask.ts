// 24 → 255.255.255.0

import { ipv4Quad } from '../../config/ipv4-network.ts';

export function netmask(prefix: number): string {
  return ipv4Quad(2 ** 32 - 2 ** (32 - prefix));
}
