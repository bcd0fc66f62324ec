// Who may hold a line to the page: a bounded number, and of one neighbour fewer, so that many silent sockets close it for nobody else.
// Where there is no room a line that proved nothing yet makes some: first one of the neighbour who asks for too many, else one of the
// neighbour who has most. Lines over which somebody proved who they are stay.

import type { Socket } from 'node:net';
import { addressGroup } from './address-group.ts';

/** Connections at once; each costs memory and a file descriptor. */
const MAX_LINES = 256;
/** Of one IPv4 address or IPv6 /64; beyond, its oldest line that proved nothing is closed, else the new one. */
const MAX_OF_ONE = 32;

interface Line {
  readonly socket: Socket;
  readonly group: string;
  /** Whether a request over it came with a good session or token. */
  isProved: boolean;
}

export class Connections {
  /** The oldest first. */
  readonly #lines = new Map<Socket, Line>();
  readonly #closed: () => void;

  /** `closed` hears of each line that is closed for want of room. */
  constructor(closed: () => void) {
    this.#closed = closed;
  }

  /** False: there is no room, and the socket was closed. */
  admit(socket: Socket): boolean {
    const line: Line = { socket, group: addressGroup(socket.remoteAddress ?? ''), isProved: false };
    const own = this.#of(line.group);
    const isCrowded = own.length >= MAX_OF_ONE || this.#lines.size >= MAX_LINES;
    const from = own.length >= MAX_OF_ONE ? own : this.#largest();
    if (isCrowded && !this.#close(from.find(({ isProved }) => !isProved) ?? line)) return false;
    this.#lines.set(socket, line);
    socket.once('close', () => this.#lines.delete(socket));
    return true;
  }

  /** `socket`: the line itself, or the TLS socket on top of it, which has the same far end. */
  prove(socket: Socket): void {
    for (const line of this.#lines.values()) {
      const { remotePort, remoteAddress } = line.socket;
      if (remotePort === socket.remotePort && remoteAddress === socket.remoteAddress) line.isProved = true;
    }
  }

  closeAll(): void {
    for (const socket of this.#lines.keys()) socket.destroy();
  }

  /** Whether the line that was closed was another than the new one. */
  #close(line: Line): boolean {
    line.socket.destroy();
    this.#closed();
    return this.#lines.delete(line.socket);
  }

  #of(group: string): Line[] {
    return [...this.#lines.values()].filter((line) => line.group === group);
  }

  /** Of the neighbours who have lines that proved nothing, those of the one who has most of them. */
  #largest(): Line[] {
    const groups = new Map<string, Line[]>();
    for (const line of this.#lines.values()) {
      if (!line.isProved) groups.set(line.group, [...(groups.get(line.group) ?? []), line]);
    }
    return [...groups.values()].reduce((largest, lines) => (lines.length > largest.length ? lines : largest), []);
  }
}
