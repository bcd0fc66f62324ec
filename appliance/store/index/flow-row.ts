// A row of the flow matrix: what one device exchanged with one peer by one service, under one word of protection, in one hour
// and phase. Made of the rendered document of that hour's slices, so that it says what the document says; added without loss
// to days and months (flow-index.ts). Every statement about who sent how much to whom is a sum of these rows. Pure.

import type { AnalysisDocument, ConversationShare, DocumentConversation } from '../../model/analysis-document.ts';
import { type DeviceKey, isGroupMac, parseMac } from '../../model/mac.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { contentsOf } from '../../model/sentences/talk.ts';

export const FLOW_SCOPES = ['internet', 'home'] as const;
export type FlowScope = (typeof FLOW_SCOPES)[number];

/** Frames and their bytes on the wire, from the device and to it. */
export interface FlowSums {
  readonly packets_up: number;
  readonly bytes_up: number;
  readonly packets_down: number;
  readonly bytes_down: number;
}

export interface FlowRow extends FlowSums {
  /** Of the peer; empty if the row combines several (`joined`). */
  readonly address: string;
  /** What somebody registered of the peer's name (`example.com`); empty without. */
  readonly name: string;
  readonly protocol: string;
  /** Empty where none is known; `unanswered` where nobody answered at several. */
  readonly service: string;
  /** The verdict of the conversation in that hour. */
  readonly protection: string;
  /** What was seen of its content (`pictures`, `video sound`); empty where nothing was, or it is not readable, and of joined rows. */
  readonly content: string;
  readonly scope: FlowScope;
  /** Only of joined rows: of others it is looked up when somebody asks. */
  readonly country: string;
  /** Rows that were joined in this one; 0 for a row of one peer. */
  readonly joined: number;
}

/** Conversations of that time that have no row, because the hour had too many. */
export interface FlowsWithoutRow {
  readonly conversations: number;
  readonly packets: number;
  readonly bytes: number;
}

/** The rows of one device and phase in an hour, a day, a month. */
export interface FlowBlock {
  readonly rows: readonly FlowRow[];
  readonly without: FlowsWithoutRow;
}

export const UNANSWERED = 'unanswered';
/** A peer at which more services of TCP, or of UDP, gave no answer is being scanned: one row. UDP often expects no answer. */
const MAX_UNANSWERED = { tcp: 1, udp: 4 } as const;

export const NO_BLOCK: FlowBlock = { rows: [], without: { conversations: 0, packets: 0, bytes: 0 } };

/** @param owner whose file the document was made from: the peer is the other end of each frame, whatever the addresses claim */
export function flowBlock(document: AnalysisDocument, owner: DeviceKey): FlowBlock {
  const abroad = new Map(document.destinations.map(({ ip, domain }) => [ip, domain ?? '']));
  const flows = document.conversations.flatMap((conversation) => flowsOf(conversation, owner, abroad));
  const scanned = scannedPeers(flows);
  const sums = new Map<string, FlowRow>();
  for (const { row, isAnswered } of flows) {
    const isScan = !isAnswered && scanned.has(`${row.protocol} ${row.address}`);
    addRow(sums, isScan ? { ...row, service: UNANSWERED } : row);
  }
  const {
    conversations_evicted: conversations,
    packets_in_evicted: packets,
    bytes_in_evicted: bytes,
  } = document.limits;
  return { rows: inOrder(sums), without: { conversations, packets, bytes } };
}

interface Flow {
  readonly row: FlowRow;
  readonly isAnswered: boolean;
  /** Of the end that serves; null if several are combined. */
  readonly port: number | null;
}

function flowsOf(conversation: DocumentConversation, owner: DeviceKey, abroad: ReadonlyMap<string, string>): Flow[] {
  const { proto, service, verdict, verdict_reason, a_ip, b_ip, a_port, b_port, client } = conversation;
  const shares: readonly ConversationShare[] = conversation.by_mac ?? [conversation];
  const port = client === 'a' ? b_port : a_port;
  return shares.map((share) => {
    const isA = nearEnd(share, conversation, owner, abroad) === 'a';
    const address = isA ? b_ip : a_ip;
    const name = abroad.get(address);
    const row = {
      address,
      name: name ?? '',
      protocol: proto,
      service: service ?? '',
      protection: verdict,
      content: contentsOf(verdict, verdict_reason).join(' '),
      scope: name === undefined ? ('home' as const) : ('internet' as const),
      country: '',
      joined: 0,
      packets_up: isA ? share.pkts_ab : share.pkts_ba,
      bytes_up: isA ? share.bytes_ab : share.bytes_ba,
      packets_down: isA ? share.pkts_ba : share.pkts_ab,
      bytes_down: isA ? share.bytes_ba : share.bytes_ab,
    };
    const isAnswered = isToGroup(isA ? share.b_mac : share.a_mac) || wasAnswered(conversation);
    return { row, isAnswered, port: port === 0 ? null : port };
  });
}

/** Where the owner is; where it is at neither end (`_infra`), the end that is at home. */
function nearEnd(
  { a_mac, b_mac }: ConversationShare,
  { a_ip, b_ip, client }: DocumentConversation,
  owner: DeviceKey,
  abroad: ReadonlyMap<string, string>,
): 'a' | 'b' {
  if (a_mac === owner) return 'a';
  if (b_mac === owner) return 'b';
  if (abroad.has(a_ip) !== abroad.has(b_ip)) return abroad.has(a_ip) ? 'b' : 'a';
  return client ?? 'a';
}

/** As analysis/summary/joined-rows.ts says of records. */
function wasAnswered({ proto, pkts_ab, pkts_ba, payload_ab, payload_ba }: DocumentConversation): boolean {
  if (pkts_ab === 0 || pkts_ba === 0) return false;
  return proto !== 'tcp' || payload_ab + payload_ba > 0 || pkts_ab !== pkts_ba;
}

/** Nobody answers what is said to all. */
function isToGroup(text: string | null): boolean {
  const mac = text === null ? undefined : parseMac(text);
  return mac !== undefined && isGroupMac(mac);
}

/** Protocol and address of peers that were asked at several ports and did not answer there. */
function scannedPeers(flows: readonly Flow[]): Set<string> {
  const asked = new Map<string, Set<number | null>>();
  const scanned = new Set<string>();
  for (const { row, isAnswered, port } of flows) {
    if (isAnswered) continue;
    const peer = `${row.protocol} ${row.address}`;
    const ports = asked.get(peer) ?? new Set();
    asked.set(peer, ports.add(port));
    if (port === null || ports.size > MAX_UNANSWERED[row.protocol === 'tcp' ? 'tcp' : 'udp']) scanned.add(peer);
  }
  return scanned;
}

/** What parts one row from another. */
function keyOf({ address, name, protocol, service, protection, content, scope, country, joined }: FlowRow): string {
  return [scope, address, country, protocol, service, protection, name, joined > 0 ? '*' : '', content].join('\t');
}

function addRow(sums: Map<string, FlowRow>, row: FlowRow): void {
  const key = keyOf(row);
  const known = sums.get(key);
  sums.set(key, known === undefined ? row : { ...row, ...addSums(known, row), joined: known.joined + row.joined });
}

export function addSums(x: FlowSums, y: FlowSums): FlowSums {
  return {
    packets_up: x.packets_up + y.packets_up,
    bytes_up: x.bytes_up + y.bytes_up,
    packets_down: x.packets_down + y.packets_down,
    bytes_down: x.bytes_down + y.bytes_down,
  };
}

function inOrder(sums: ReadonlyMap<string, FlowRow>): FlowRow[] {
  return [...sums].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, row]) => row);
}

/** Sums of the same row of all of them. In any order the same. */
export function addBlocks(blocks: readonly FlowBlock[]): FlowBlock {
  const [only] = blocks;
  if (only !== undefined && blocks.length === 1) return only;
  const sums = new Map<string, FlowRow>();
  for (const { rows } of blocks) for (const row of rows) addRow(sums, row);
  const total = (count: (without: FlowsWithoutRow) => number) =>
    blocks.reduce((sum, { without }) => sum + count(without), 0);
  return {
    rows: inOrder(sums),
    without: {
      conversations: total(({ conversations }) => conversations),
      packets: total(({ packets }) => packets),
      bytes: total(({ bytes }) => bytes),
    },
  };
}

/**
 * The `most` rows with the most bytes as they are; the others are joined by scope, country and protection, so that every sum by
 * those stays exact. `fresh`: rows that lost their peer with it.
 */
export function boundBlock(
  block: FlowBlock,
  most: number,
  countryOf: (address: string) => string | null,
): { readonly block: FlowBlock; readonly fresh: number } {
  if (block.rows.length <= most) return { block, fresh: 0 };
  const bytes = ({ bytes_up, bytes_down }: FlowRow) => bytes_up + bytes_down;
  const sorted = block.rows
    .map((row) => [keyOf(row), row] as const)
    .sort(([k, x], [l, y]) => bytes(y) - bytes(x) || (k < l ? -1 : 1))
    .map(([, row]) => row);
  const sums = new Map<string, FlowRow>();
  for (const row of sorted.slice(0, most)) addRow(sums, row);
  const rest = sorted.slice(most);
  for (const row of rest) addRow(sums, joinedRow(row, countryOf));
  return { block: { ...block, rows: inOrder(sums) }, fresh: rest.filter(({ joined }) => joined === 0).length };
}

function joinedRow(row: FlowRow, countryOf: (address: string) => string | null): FlowRow {
  const country = row.joined > 0 ? row.country : (countryOf(row.address) ?? ANYCAST_WORD);
  return {
    ...row,
    address: '',
    name: '',
    protocol: '',
    service: '',
    content: '',
    country,
    joined: Math.max(1, row.joined),
  };
}
