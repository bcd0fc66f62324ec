// UPnP discovery of a device: bursts of announcements, replies to searches, and the description that few ever fetch.
import type { Socket } from 'node:dgram';
import {
  type Announcement,
  encodeNotify,
  encodeSearchReply,
  SSDP_GROUP,
  SSDP_PORT,
  searchTarget,
} from '../wire/ssdp.ts';
import { serveDatagrams } from './net.ts';

export class Upnp {
  readonly #announcements: readonly Announcement[];
  #socket: Socket | undefined;

  constructor(announcements: readonly Announcement[]) {
    this.#announcements = announcements;
  }

  async start(): Promise<void> {
    this.#socket = await serveDatagrams(SSDP_PORT, (message) => {
      const target = searchTarget(message);
      const match = this.#announcements.find(({ type }) => type === target || target === 'ssdp:all');
      return match === undefined ? undefined : encodeSearchReply(match);
    });
    this.#socket.addMembership(SSDP_GROUP);
    this.#socket.setMulticastTTL(4);
    this.#socket.setMulticastLoopback(false);
  }

  /** One NOTIFY per role, back to back. */
  burst(): void {
    for (const about of this.#announcements) this.#socket?.send(encodeNotify(about), SSDP_PORT, SSDP_GROUP);
  }
}
