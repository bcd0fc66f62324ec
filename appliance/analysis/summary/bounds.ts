// How much of one file, or of one device's segment, an analysis holds. A file analysed by hand has the memory of the machine.
// The appliance analyses its devices together, and each has an equal share that it keeps whatever others do: what is kept of
// a device then depends on its own packets alone, so that live, replayed and rebuilt figures are equal. What a share has no
// room for is joined or counted (`limits` of the document).

export interface Bounds {
  /** Conversations with rows of their own at once. */
  readonly conversations: number;
  /** Of them those that look like probes: SYN without an answer or with RST, UDP without an answer. */
  readonly probes: number;
  /** Rows of joined conversations that were answered, and as many of others; 0: what has no room is evicted, not joined. */
  readonly joined: number;
  /** Texts of all tables, traits and addresses of one summary; of one table; and their characters. */
  readonly texts: number;
  readonly textsOfTable: number;
  readonly textCharacters: number;
  /** Characters of the names of all conversations of one summary. */
  readonly nameCharacters: number;
  /** First packets with a peer and port, and of one peer. */
  readonly contacts: number;
  readonly contactsOfPeer: number;
  /** Addresses of MACs. */
  readonly addresses: number;
  /** Half-read messages of all TCP streams, in bytes. */
  readonly streamBytes: number;
  /** Handed on to the next segment. */
  readonly carriedFlows: number;
  readonly carriedAddresses: number;
}

/** A file, in one go. */
export const FILE_BOUNDS: Bounds = {
  conversations: 50_000,
  probes: Number.POSITIVE_INFINITY,
  joined: 0,
  texts: 40_000,
  textsOfTable: 40_000,
  textCharacters: Number.POSITIVE_INFINITY,
  nameCharacters: 8_000_000,
  contacts: 8000,
  contactsOfPeer: 8000,
  addresses: 16_384,
  streamBytes: 8 * 1024 * 1024,
  carriedFlows: 2000,
  carriedAddresses: 4000,
};

/** One of 64 devices (`capture.max_devices`) that flood at the same time: some 2 MB each. */
export const DEVICE_BOUNDS: Bounds = {
  conversations: 500,
  probes: 250,
  joined: 200,
  texts: 4000,
  textsOfTable: 2000,
  textCharacters: 256 * 1024,
  nameCharacters: 128 * 1024,
  contacts: 1000,
  contactsOfPeer: 32,
  addresses: 1000,
  streamBytes: 1024 * 1024,
  carriedFlows: 500,
  carriedAddresses: 1000,
};
