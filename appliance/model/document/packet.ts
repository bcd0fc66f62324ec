// One captured packet for a person to look at: what capture hands out of its files, and what page and CLI show of it. The payload is
// hidden until somebody asks for it, because it may hold what a device knows of people.

/** From..to, the second one behind the last byte. */
export type ByteRange = readonly [from: number, to: number];

/** What lies in the packet's file. Bytes are base64; hidden ones are zero there, or absent. */
export interface PacketBytes {
  /** In its file, from 1. */
  readonly packet: number;
  /** Decimal seconds since 1970, nine digits. */
  readonly ts: string;
  /** LINKTYPE_ number. */
  readonly link_type: number;
  readonly captured_length: number;
  /** On the wire. */
  readonly original_length: number;
  /** The first 64 KiB at most. */
  readonly bytes: string;
  readonly hidden: ByteRange | null;
  readonly message: PacketMessage<string | null> | null;
  /** Of the whole file as it lies there now; null while it is being written. */
  readonly sha256: string | null;
}

/** The message that the packet is a part of, put together from the packets of its direction around it. */
export interface PacketMessage<Bytes> {
  readonly bytes: Bytes;
  readonly length: number;
  /** Numbers of the packets that it came in. */
  readonly packets: readonly number[];
  /** Where this packet's bytes are in it. */
  readonly own: ByteRange;
  /** There is more of it than is shown, or a part was not captured. */
  readonly cut: boolean;
}

/** One protocol of a packet, outermost first. */
export interface PacketLayer {
  readonly name: string;
  readonly range: ByteRange;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

export interface PacketView {
  readonly schema: 'weir.packet/1';
  /** Sequence number of the segment; null for a file of one's own. */
  readonly segment: number | null;
  readonly packet: number;
  readonly ts: string;
  readonly captured_length: number;
  readonly original_length: number;
  readonly link_type: number;
  readonly revealed: boolean;
  readonly layers: readonly PacketLayer[];
  /** Two digits a byte, `··` for a hidden one. */
  readonly hex: string;
  /** Bytes behind those of `hex`. */
  readonly left_out: number;
  /** Position of the bytes of a finding; empty where nobody asked or they are hidden. */
  readonly marked: readonly ByteRange[];
  readonly message: (PacketMessage<string> & { readonly marked: readonly ByteRange[] }) | null;
  /** `same`: the file has the hash that the ledger gives; `open`: it has none yet; `file`: a file of one's own. */
  readonly checked: 'same' | 'open' | 'file';
  readonly sha256: string | null;
}
