// Channels of a document, and of a capture that was made on a phone (raw IP, as PCAPdroid and PCAP Remote write it): whose phone
// it is a person says, which address is its own the packets say. Used by analyze-file.ts.

import { ChannelSums, type Roles, rolesOf } from '../../analysis/document/channels.ts';
import type { StreamedDocument } from '../../analysis/render-document.ts';
import { isLocalAddress } from '../../geo/scope.ts';
import type { AnalysisDocument, DocumentDevice } from '../../model/analysis-document.ts';
import type { DocumentChannels } from '../../model/document/channels.ts';
import { WeirError } from '../../model/errors.ts';
import type { Mac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import type { Role } from '../../model/user-identity.ts';

export interface PhoneCapture {
  readonly owner: Mac;
  readonly document: AnalysisDocument;
}

/** The same document with its channels, and those of the phone's capture. @throws WeirError NOT_A_CAPTURE where that one is empty */
export function withChannels(streamed: StreamedDocument, phone: PhoneCapture | undefined): StreamedDocument {
  const { devices, input } = streamed.head;
  const roles = rolesOf(devices);
  const said = devices.find(({ mac }) => mac === phone?.owner)?.confirmed?.role;
  if (phone !== undefined && said === undefined) roles.set(phone.owner, 'phone');
  const further = phone === undefined ? [] : [phoneChannels(phone, devices, roles)];
  const sums = new ChannelSums(roles);
  function* counted(): Generator<AnalysisDocument['conversations'][number]> {
    for (const conversation of streamed.conversations) {
      sums.add(conversation, conversation.by_mac ?? [conversation]);
      yield conversation;
    }
  }
  const here = { seen_at: 'access_point', owner: null, path: input.path, address: null } as const;
  return {
    head: streamed.head,
    conversations: counted(),
    rest: () => ({ ...streamed.rest(), channels: [{ ...here, rows: sums.render() }, ...further] }),
  };
}

/** `home`: the devices that the access point saw, whose addresses show what the phone spoke to at home. */
function phoneChannels(
  { owner, document }: PhoneCapture,
  home: readonly DocumentDevice[],
  roles: Roles,
): DocumentChannels {
  const own = ownAddresses(document);
  const byAddress = new Map<string, Role>();
  for (const { ips, mac } of home)
    for (const ip of ips) if (isLocalAddress(ip)) byAddress.set(ip, roles.get(mac) ?? 'device');
  for (const ip of own) byAddress.set(ip, 'phone');
  const sums = new ChannelSums(byAddress);
  for (const conversation of document.conversations) sums.add(conversation, conversation.by_mac ?? [conversation]);
  return { seen_at: 'phone', owner, path: document.input.path, address: own[0]!, rows: sums.render() };
}

/** The phone is an end of every packet: the address with the most packets is it, of each version of IP; the busier one first. */
function ownAddresses({ conversations, input }: AnalysisDocument): string[] {
  const packets = new Map<string, number>();
  for (const { a_ip, b_ip, pkts_ab, pkts_ba } of conversations)
    for (const ip of [a_ip, b_ip]) packets.set(ip, (packets.get(ip) ?? 0) + pkts_ab + pkts_ba);
  const busiest = [...packets].sort(([, x], [, y]) => y - x).map(([ip]) => ip);
  const own = [busiest.find((ip) => !ip.includes(':')), busiest.find((ip) => ip.includes(':'))];
  const found = own.filter((ip) => ip !== undefined).sort((x, y) => busiest.indexOf(x) - busiest.indexOf(y));
  if (found.length > 0) return found;
  throw new WeirError('NOT_A_CAPTURE', `${printable(input.path)} holds no TCP or UDP of a phone. Nothing was joined.`);
}
