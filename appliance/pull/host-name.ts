// What somebody types for an appliance: a host name or an address, with or without a port.

import { WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';

export interface HostName {
  /** `host:port` in one spelling: how the archive remembers it. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** Of the page, where no setting says otherwise. */
const DEFAULT_PORT = 8080;

/** `pi.local`, `192.0.2.7:8443`, `[2001:db8::1]:8080`, `https://pi.local:8080/`. @throws WeirError USAGE. */
export function parseHost(text: string): HostName {
  const bare = text.replace(/^https:\/\//, '').replace(/\/$/, '');
  const [, six, name, digits] =
    /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/.exec(bare) ?? [];
  const host = (six ?? name)?.toLowerCase();
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    const message = `${printable(text, 80)} is no host; nothing was fetched. Write a name or an address, and its port where it is not ${DEFAULT_PORT}: pi.local, 192.0.2.7:8443, [2001:db8::1].`;
    throw new WeirError('USAGE', message);
  }
  return { key: `${six === undefined ? host : `[${host}]`}:${port}`, host, port };
}
