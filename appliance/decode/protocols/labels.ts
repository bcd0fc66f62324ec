// Domain names without compression, as options carry them (RFC 4702 §2.3.1, RFC 8415 §10); used by dhcp.ts and dhcp6.ts.
import { textAt } from '../octets.ts';

/** Labels joined by dots; ends at the root label or at `end`. */
export function labelsAt(bytes: Uint8Array, start: number, end: number): string {
  const labels: string[] = [];
  for (let at = start; at < end && bytes[at] !== 0; ) {
    const stop = Math.min(at + 1 + (bytes[at] ?? 0), end);
    labels.push(textAt(bytes, at + 1, stop));
    at = stop;
  }
  return labels.join('.');
}
