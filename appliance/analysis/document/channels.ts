// The channels of a document: which conversation is device to cloud, app to cloud or app to device follows from the roles of its ends
// (registry) and from what is at home. Pure; a fold over conversations. Asked by render-document.ts where roles were said, and for a
// phone's capture by cli/files/phone-capture.ts.

import { isLocalAddress } from '../../geo/scope.ts';
import type { ConversationShare, DocumentConversation, DocumentDevice } from '../../model/analysis-document.ts';
import { CHANNELS, type Channel, type ChannelRow } from '../../model/document/channels.ts';
import type { ConfirmedIdentities, Role } from '../../model/user-identity.ts';

/** What is at an end of a conversation. */
type End = 'app' | 'device' | 'cloud' | 'none';

interface Sum {
  conversations: number;
  packets: number;
  bytesOut: number;
  bytesIn: number;
  payload: number;
  readonly far: Set<string>;
}

type Addressed = Pick<DocumentConversation, 'a_ip' | 'b_ip' | 'client'>;

export type Roles = ReadonlyMap<string, Role>;

/** By address: a person's word; else a phone where the device says that it is one, else a device. */
export function rolesOf(devices: readonly DocumentDevice[]): Map<string, Role> {
  return new Map(
    devices.map(({ mac, confirmed, category }) => [
      mac,
      confirmed?.role ?? (category === 'phone' ? 'phone' : 'device'),
    ]),
  );
}

/** Null where nobody said what any device is: then there are no channels to distinguish. */
export function saidRoles(identities: ConfirmedIdentities, devices: readonly DocumentDevice[]): Roles | null {
  const said = Object.entries(identities).flatMap(([mac, { role }]) =>
    role === undefined ? [] : [[mac, role] as const],
  );
  // The other ends of a device's conversations are not all devices of its document.
  return said.length === 0 ? null : new Map([...rolesOf(devices), ...said]);
}

export class ChannelSums {
  readonly #roles: Roles;
  readonly #sums = new Map<Channel, Sum>();

  constructor(roles: Roles) {
    this.#roles = roles;
  }

  /** A conversation whose packets had several hardware addresses counts where each of its parts belongs, and once in each channel. */
  add(conversation: Addressed, shares: readonly ConversationShare[]): void {
    const counted = new Set<Channel>();
    for (const share of shares) {
      const channel = this.#addShare(conversation, share);
      if (counted.has(channel)) continue;
      counted.add(channel);
      this.#sum(channel).conversations++;
    }
  }

  render(): ChannelRow[] {
    return CHANNELS.flatMap((channel) => {
      const sum = this.#sums.get(channel);
      if (sum === undefined) return [];
      const { conversations, packets, bytesOut, bytesIn, payload, far } = sum;
      const bytes = { bytes_out: bytesOut, bytes_in: bytesIn, payload_bytes: payload };
      return [{ channel, conversations, packets, ...bytes, destinations: far.size }];
    });
  }

  #addShare({ a_ip, b_ip, client }: Addressed, share: ConversationShare): Channel {
    const [a, b] = [this.#end(share.a_mac, a_ip), this.#end(share.b_mac, b_ip)];
    const channel = channelOf(a, b);
    const sum = this.#sum(channel);
    const isForward = a === b ? client !== 'b' : rank(a) < rank(b);
    sum.packets += share.pkts_ab + share.pkts_ba;
    sum.bytesOut += isForward ? share.bytes_ab : share.bytes_ba;
    sum.bytesIn += isForward ? share.bytes_ba : share.bytes_ab;
    sum.payload += share.payload_ab + share.payload_ba;
    sum.far.add(isForward ? b_ip : a_ip);
    return channel;
  }

  /** A public IPv4 address is no device's, whatever forwards it; of IPv6 a device has its own. */
  #end(mac: string | null, ip: string): End {
    const role = this.#roles.get(ip) ?? (mac === null ? undefined : this.#byLink(mac, ip));
    if (role === 'phone') return 'app';
    if (role === 'device' || role === 'assistant') return 'device';
    return isLocalAddress(ip) ? 'none' : 'cloud';
  }

  #byLink(mac: string, ip: string): Role | undefined {
    return isLocalAddress(ip) || ip.includes(':') ? this.#roles.get(mac) : undefined;
  }

  #sum(channel: Channel): Sum {
    const known = this.#sums.get(channel);
    if (known !== undefined) return known;
    const fresh = { conversations: 0, packets: 0, bytesOut: 0, bytesIn: 0, payload: 0, far: new Set<string>() };
    this.#sums.set(channel, fresh);
    return fresh;
  }
}

/** Whose side counts as the near one: the app's, then the device's. */
function rank(end: End): number {
  return ['app', 'device', 'none', 'cloud'].indexOf(end);
}

function channelOf(a: End, b: End): Channel {
  const ends = new Set([a, b]);
  if (ends.has('none')) return 'other';
  if (ends.has('app') && ends.has('cloud')) return 'app_cloud';
  if (ends.has('device') && ends.has('cloud')) return 'device_cloud';
  if (ends.has('app') && ends.has('device')) return 'app_device';
  return ends.has('device') ? 'device_device' : 'other';
}
