// Payload of each direction of each conversation, in the order of capture, through ent.ts. A sink for the capture reader
// like the analyzer, but with one purpose; `weir ent` prints what it found.

import { ipv4Text, ipv6Text } from '../../decode/address-text.ts';
import type { FrameSink } from '../../decode/files/records.ts';
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../../decode/frames/frame.ts';
import { Walk } from '../../decode/frames/walk.ts';
import { type EntFigures, EntStream } from './ent.ts';

export interface DirectionFigures extends EntFigures {
  readonly proto: 'tcp' | 'udp';
  readonly source: string;
  readonly source_port: number;
  readonly destination: string;
  readonly destination_port: number;
}

/** Each holds 2 KiB of counts. */
const MAX_DIRECTIONS = 20_000;

/** Payload bytes only, as captured: cut by the IP length, retransmissions counted again, no reassembly. */
export class EntConversations implements FrameSink {
  readonly #walk = new Walk();
  readonly #streams = new Map<string, EntStream>();
  /** Packets of directions beyond the limit. */
  leftOut = 0;

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    _s: number,
    _ns: number,
    _length: number,
    linkType: number,
  ): void {
    const walk = this.#walk;
    walk.walk(bytes, start, end, linkType);
    const transport = walk.protocol === PROTOCOL_TCP || walk.protocol === PROTOCOL_UDP;
    if (!transport || !walk.hasPorts || walk.payloadEnd <= walk.payloadStart) return;
    this.#streamOf(bytes)?.feed(bytes, walk.payloadStart, walk.payloadEnd);
  }

  #streamOf(bytes: Uint8Array): EntStream | undefined {
    const key = this.#key(bytes);
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    if (this.#streams.size >= MAX_DIRECTIONS) {
      this.leftOut++;
      return undefined;
    }
    const stream = new EntStream();
    this.#streams.set(key, stream);
    return stream;
  }

  #key(bytes: Uint8Array): string {
    const { protocol, ipVersion, sourceIp, destinationIp, sourcePort, destinationPort } = this.#walk;
    const text = ipVersion === 4 ? ipv4Text : ipv6Text;
    const proto = protocol === PROTOCOL_TCP ? 'tcp' : 'udp';
    return `${proto} ${text(bytes, sourceIp)} ${sourcePort} ${text(bytes, destinationIp)} ${destinationPort}`;
  }

  /** In the order of their first packet with payload. */
  figures(): DirectionFigures[] {
    return [...this.#streams].flatMap(([key, stream]) => {
      const [proto, source = '', sourcePort, destination = '', destinationPort] = key.split(' ');
      const figures = stream.figures();
      if (figures === undefined) return [];
      const ends = { source, source_port: Number(sourcePort), destination, destination_port: Number(destinationPort) };
      return [{ proto: proto === 'tcp' ? 'tcp' : 'udp', ...ends, ...figures }];
    });
  }
}
