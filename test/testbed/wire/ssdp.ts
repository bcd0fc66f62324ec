// SSDP messages (UPnP Device Architecture 1.1 §1): text over UDP multicast 239.255.255.250:1900.

export const SSDP_GROUP = '239.255.255.250';
export const SSDP_PORT = 1900;

export interface Announcement {
  readonly location: string;
  readonly server: string;
  readonly type: string;
  readonly uuid: string;
}

function lines(...list: readonly string[]): Buffer {
  return Buffer.from(`${list.join('\r\n')}\r\n\r\n`);
}

function usn(about: Announcement): string {
  return about.type === `uuid:${about.uuid}` ? about.type : `uuid:${about.uuid}::${about.type}`;
}

export function encodeNotify(about: Announcement): Buffer {
  return lines(
    'NOTIFY * HTTP/1.1',
    `HOST: ${SSDP_GROUP}:${SSDP_PORT}`,
    'CACHE-CONTROL: max-age=100',
    `LOCATION: ${about.location}`,
    `SERVER: ${about.server}`,
    'NTS: ssdp:alive',
    `NT: ${about.type}`,
    `USN: ${usn(about)}`,
  );
}

export function encodeSearch(target: string, agent: string): Buffer {
  return lines(
    'M-SEARCH * HTTP/1.1',
    `HOST: ${SSDP_GROUP}:${SSDP_PORT}`,
    'MAN: "ssdp:discover"',
    'MX: 2',
    `ST: ${target}`,
    `USER-AGENT: ${agent}`,
  );
}

export function encodeSearchReply(about: Announcement): Buffer {
  return lines(
    'HTTP/1.1 200 OK',
    'CACHE-CONTROL: max-age=100',
    'EXT:',
    `LOCATION: ${about.location}`,
    `SERVER: ${about.server}`,
    `ST: ${about.type}`,
    `USN: ${usn(about)}`,
  );
}

/** The search target of an M-SEARCH, or undefined for anything else. */
export function searchTarget(message: Buffer): string | undefined {
  const text = message.toString('latin1');
  if (!text.startsWith('M-SEARCH ')) return undefined;
  return /^ST: *(.*)$/m.exec(text)?.[1]?.trim();
}
