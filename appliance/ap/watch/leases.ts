// dnsmasq's lease file: `expiry mac ip name client-id` a line, IPv6 after a line `duid …`. And what it says when there are no more.

/** MAC → address of leases that still hold. `now` in seconds since 1970. */
export function parseLeases(text: string, now: number): Map<string, string> {
  const leases = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [expiry = '', mac = '', ip = ''] = line.split(' ');
    if (expiry === 'duid') break;
    const isValid = /^\d+$/.test(expiry) && /^[0-9a-f:]{17}$/.test(mac) && /^[\d.]{7,15}$/.test(ip);
    if (isValid && (expiry === '0' || Number(expiry) > now)) leases.set(mac, ip);
  }
  return leases;
}

/** A request that found the pool empty; wordings of dnsmasq 2.80 to 2.91. */
export function isExhaustion(line: string): boolean {
  return /no address range available|no address available|no leases left/.test(line);
}
