// What an analysis document left out, did not understand or did not keep, as counts.

/** Packets of which something was not looked at, and why. They count in all sums over packets. */
export interface NotUnderstood {
  /**
   * `link_type`: frames of a link type that is not read; `fragment`: later IP fragments, in no conversation; `bad_check_sum`:
   * received with errors, nothing of them is believed; `empty_record`: records that hold no byte of their frame.
   */
  readonly what: 'link_type' | 'fragment' | 'bad_check_sum' | 'empty_record';
  /** Number and name of the link type; sender and receiver of fragments (null: further pairs). */
  readonly detail: string | null;
  readonly packets: number;
  /** Bytes on the wire; null where they were not counted. */
  readonly bytes: number | null;
}

/** Another file's header in the middle of a file: the files were joined end to end, and reading went on. */
export interface FurtherHeaders {
  readonly count: number;
  /** Position of the first one. */
  readonly offset: number;
  readonly after_packet: number;
}

/** What was not kept because a limit was reached: never silent. All zero in a sane capture. */
export interface DocumentLimits {
  /** Of the whole appliance's document: conversations beyond the largest, which are in their devices' documents. */
  readonly conversations_left_out?: number;
  /** Of an appliance's document: ports, TCP's and UDP's together, beyond the busiest of `ports`; absent where none is. */
  readonly ports_left_out?: number;
  /** Older conversations of an appliance's sums that are combined in one row with others of their service, whose client port is 0. */
  readonly conversations_joined: number;
  readonly conversations_evicted: number;
  readonly packets_in_evicted: number;
  readonly bytes_in_evicted: number;
  readonly names_dropped: number;
  readonly findings_dropped: number;
  readonly stream_gaps: number;
  /** Messages of which something was not searched: longer than 64 KiB, damaged, or in a coding that is not undone here. */
  readonly messages_cut?: number;
  /** What was read and not understood, by kind; empty where everything was. */
  readonly not_understood?: readonly NotUnderstood[];
}
