// The analysis of one device's segment or of one file: a fold over packets. capture-reader.ts feeds it; summary() may be
// asked at any time; end() also gives the carry for the device's next segment. Nothing here knows time, files or names of
// countries: the same packets and carry give the same bytes, live or replayed.

import type { FrameSink } from '../decode/files/records.ts';
import { ETHERTYPE_ARP, PROTOCOL_ICMP6, PROTOCOL_TCP, PROTOCOL_UDP } from '../decode/frames/frame.ts';
import { isWithoutMacs } from '../decode/frames/link.ts';
import { isHomeHost } from '../geo/scope.ts';
import type { FindingEvidence } from '../model/analysis-document.ts';
import { type DeviceKey, INFRA, type Mac, OVERFLOW } from '../model/mac.ts';
import { Collector } from './inspect/collector.ts';
import { Applications, type FlowApplications } from './inspect/dispatcher.ts';
import { DATAGRAM_LISTENERS, STREAM_LISTENERS } from './inspect/inspectors.ts';
import type { PlantedSecrets } from './inspect/planted-secrets.ts';
import { StreamBudget } from './inspect/streams/tcp-stream.ts';
import { walked } from './kernel/walk-kernel.ts';
import { Meetings } from './meetings.ts';
import { Contacts } from './packet/contacts.ts';
import { Flows } from './packet/flows.ts';
import { Fragments } from './packet/fragments.ts';
import { ACK, HandshakeTimes, SYN } from './packet/handshake-times.ts';
import { Hours } from './packet/hours.ts';
import { MacTable } from './packet/mac-table.ts';
import { Packet } from './packet/packet.ts';
import { Rhythms } from './packet/rhythm.ts';
import type { SlotFile } from './packet/sleep-store.ts';
import { INWARD, Tally } from './packet/tally.ts';
import { QuietRows } from './quiet-rows.ts';
import type { Vault } from './secrets/vault.ts';
import type { WordList } from './secrets/word-list.ts';
import { type Bounds, FILE_BOUNDS } from './summary/bounds.ts';
import type { Carry } from './summary/carry.ts';
import type { Conversation } from './summary/conversation-stats.ts';
import { emptyPart } from './summary/merge.ts';
import type { Part, Summary } from './summary/summary.ts';
import { WholeDatagrams } from './whole-datagrams.ts';

export interface AnalyzerContext {
  /** Whose file it is; null for a file of many devices. */
  readonly owner: DeviceKey | null;
  /** MACs of the access point: frames from them belong to the receiver alone. */
  readonly infra: readonly Mac[];
  /** Number of the segment, for the evidence of findings; 0 for a file. */
  readonly segment?: number;
  /** The tester's planted secrets; searched for in every payload. */
  readonly vault?: Vault | undefined;
  /** The user's own words; as the vault. */
  readonly words?: WordList | undefined;
  /** How much is kept at once; that of a file where nothing is said. */
  readonly bounds?: Bounds;
  /** Where silent conversations sleep; without it all stay in memory. Only without an owner, and nothing is carried then. */
  readonly sleepers?: SlotFile;
}

export class Analyzer implements FrameSink {
  readonly #owner: string | null;
  readonly #infra: ReadonlySet<string>;
  readonly #segment: number;
  readonly #packet: Packet;
  readonly #macs: MacTable;
  readonly #tallies = [new Tally(), new Tally()] as const;
  readonly #flows: Flows;
  readonly #collector: Collector;
  readonly #searches: readonly (readonly ['vault' | 'words', PlantedSecrets['secrets']])[];
  readonly #rhythms = new Rhythms();
  readonly #hours: Hours;
  readonly #contacts: readonly [Contacts, Contacts];
  readonly #handshakes = new HandshakeTimes();
  readonly #meetings: Meetings;
  readonly #applications: Applications;
  readonly #datagrams: WholeDatagrams;
  readonly #quiet: QuietRows;
  readonly #fragments = [new Fragments(), new Fragments()] as const;
  #homeVersion = 0;
  /** Of the last call of `walkRecords`. */
  walked = 0;

  constructor(context: AnalyzerContext, carry?: Carry) {
    const bounds = context.bounds ?? FILE_BOUNDS;
    this.#macs = new MacTable(bounds.addresses);
    this.#owner = context.owner;
    this.#infra = new Set(context.infra);
    this.#segment = context.segment ?? 0;
    const isSubject = (mac: number): boolean => this.#isSubject(mac);
    this.#hours = new Hours(this.#macs, isSubject);
    this.#flows = new Flows(bounds, this.#macs, new StreamBudget(bounds.streamBytes), context.sleepers);
    this.#packet = new Packet(this.#segment, this.#infra, this.#macs, this.#flows);
    const vault = context.vault?.empty === false ? context.vault : undefined;
    const words = context.words?.empty === false ? context.words : undefined;
    this.#collector = new Collector(this.#packet, bounds, vault, words);
    const { planted } = this.#collector;
    this.#searches = [
      ...(vault === undefined ? [] : [['vault', planted.secrets.bind(planted)] as const]),
      ...(words === undefined ? [] : [['words', planted.words.bind(planted)] as const]),
    ];
    this.#contacts = [new Contacts(bounds), new Contacts(bounds)];
    this.#meetings = new Meetings(this.#packet, this.#macs, this.#contacts, isSubject);
    this.#applications = new Applications(
      DATAGRAM_LISTENERS,
      STREAM_LISTENERS,
      this.#collector,
      this.#flows.budget,
      this.#packet,
    );
    const isSearched = this.#searches.length > 0;
    this.#datagrams = new WholeDatagrams(this.#packet, this.#flows, this.#collector, this.#applications, isSearched);
    this.#quiet = new QuietRows({
      flows: this.#flows,
      macs: this.#macs,
      hours: this.#hours,
      tallies: this.#tallies,
      rhythms: this.#rhythms,
      collector: this.#collector,
    });
    if (carry !== undefined) this.#resume(carry);
  }

  #resume(carry: Carry): void {
    const packet = this.#packet;
    if (carry.segment === this.#segment) packet.number = carry.packets;
    if (carry.last_ts !== null) {
      packet.seconds = Number.parseInt(carry.last_ts, 10);
      packet.nanoseconds = Number(carry.last_ts.slice(carry.last_ts.indexOf('.') + 1));
    }
    packet.clock = carry.clock;
    this.#flows.resume(carry.flows);
    this.#collector.learn(carry.addresses);
    this.#rhythms.resume(carry.rhythms);
    this.#handshakes.resume(carry.handshakes);
    if (carry.home !== undefined) packet.home.resume(carry.home);
  }

  /** A record that another analyzer is given: it keeps its number. Returns that number. */
  skip(): number {
    return ++this.#packet.number;
  }

  /** The next record is number `packets` + 1 of its segment. */
  numberFrom(packets: number): void {
    this.#packet.number = packets;
  }

  /** Records that only count: see FrameSink. What is searched for must be looked for in each. */
  walkRecords(bytes: Uint8Array, start: number, end: number, unit: number): number {
    this.walked = 0;
    if (this.#searches.length > 0) return start;
    const next = this.#quiet.walk(bytes, start, end, unit, this.#packet);
    this.walked = walked.packets;
    this.#packet.number += walked.packets;
    return next;
  }

  /** One record: see FrameSink. */
  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    seconds: number,
    nanoseconds: number,
    originalLength: number,
    linkType: number,
  ): void {
    const packet = this.#packet;
    const { walk } = packet;
    this.#quiet.turn(seconds);
    walk.walk(bytes, start, end, linkType);
    packet.text.bytes = bytes;
    packet.number++;
    packet.row = -1;
    packet.part = this.#partOf(bytes);
    const tally = this.#tallies[packet.part];
    if (seconds < packet.seconds || (seconds === packet.seconds && nanoseconds < packet.nanoseconds)) tally.stepsBack++;
    packet.seconds = seconds;
    packet.nanoseconds = nanoseconds;
    if (seconds > packet.clock) packet.clock = seconds;
    const length = Math.max(originalLength, end - start);
    this.#hours.turn(seconds);
    tally.add(walk, end - start, length, seconds, nanoseconds, linkType);
    this.#countMacs(bytes, length, linkType);
    const transport = walk.protocol === PROTOCOL_TCP || walk.protocol === PROTOCOL_UDP;
    if (walk.hasPorts && transport) this.#countFlow(bytes, length, start, end);
    else if (walk.protocol === PROTOCOL_ICMP6) packet.home.icmp6(walk, bytes, packet.sourceMac());
    else if (walk.etherType === ETHERTYPE_ARP) packet.home.arp(walk, bytes, packet.sourceMac());
    if (walk.fragment) {
      this.#countFragment(length);
      if (walk.laterFragment && walk.protocol === PROTOCOL_UDP) this.#datagrams.later(bytes);
    }
    if (packet.home.version !== this.#homeVersion) this.#moveHome();
  }

  /** Which way traffic goes may be another from here on. */
  #moveHome(): void {
    this.#homeVersion = this.#packet.home.version;
    this.#quiet.settleAll();
  }

  /** Attribution: a frame is shared when another device sent it and that device's file has it too. */
  #partOf(bytes: Uint8Array): 0 | 1 {
    const packet = this.#packet;
    const owner = this.#owner;
    if (owner === null || owner === INFRA || owner === OVERFLOW || packet.walk.sourceMac < 0) return 0;
    return packet.text.isSender(bytes, owner) || packet.text.isSenderAmong(bytes, this.#infra) ? 0 : 1;
  }

  #countMacs(bytes: Uint8Array, length: number, linkType: number): void {
    const packet = this.#packet;
    const { sourceMac, destinationMac, ipVersion, sourceIp } = packet.walk;
    const macs = this.#macs;
    packet.sender = sourceMac < 0 ? -1 : macs.row(bytes, sourceMac);
    packet.receiver = destinationMac < 0 ? -1 : macs.row(bytes, destinationMac);
    if (sourceMac < 0 && ipVersion !== 0 && isWithoutMacs(linkType)) this.#findHosts(bytes);
    if (packet.receiver >= 0) {
      macs.received(packet.receiver, packet.part, length);
      this.#hours.touch(packet.receiver);
    } else if (destinationMac >= 0) macs.dropped[packet.part]!++;
    if (packet.sender >= 0) {
      macs.sent(packet.sender, packet.part, length);
      this.#hours.touch(packet.sender);
      if (ipVersion !== 0) macs.sentFrom(packet.sender, packet.part, bytes, sourceIp, ipVersion);
    } else if (sourceMac >= 0) macs.dropped[packet.part]!++;
  }

  /** A link without MACs: devices are known by their addresses, those of the home. */
  #findHosts(bytes: Uint8Array): void {
    const packet = this.#packet;
    const { sourceIp, destinationIp, ipVersion } = packet.walk;
    const rowOf = (at: number): number =>
      at >= 0 && isHomeHost(bytes, at, ipVersion) ? this.#macs.hostRow(bytes, at, ipVersion) : -1;
    packet.sender = rowOf(sourceIp);
    packet.receiver = rowOf(destinationIp);
  }

  /** Outside of any conversation, or in one without a listener. */
  #countFragment(length: number): void {
    const packet = this.#packet;
    const { laterFragment, payloadInFragments } = packet.walk;
    const fragments = this.#fragments[packet.part];
    if (laterFragment) fragments.later(packet.sourceIp(), packet.destinationIp(), length);
    else if (payloadInFragments > 0 && packet.row >= 0)
      fragments.first(this.#flows.keyOf(packet.row), payloadInFragments);
  }

  #countFlow(bytes: Uint8Array, length: number, start: number, end: number): void {
    const packet = this.#packet;
    const { walk } = packet;
    const inward = this.#isInward(bytes);
    this.#tallies[packet.part].addTraffic(walk, length, packet.seconds, inward ? INWARD : 0);
    const flows = this.#flows;
    const row = flows.packet(walk, bytes, packet.part, length, packet.seconds, packet.nanoseconds, packet.clock);
    packet.row = row;
    const payload = walk.payloadEnd - walk.payloadStart;
    if (flows.isNew) this.#openFlow();
    else flows.checkMacs(row, packet.sender, packet.receiver, length, payload > 0 ? payload : 0);
    if (flows.beginsSession) {
      this.#rhythms.open(row);
      this.#meetings.open(bytes);
    }
    const direction = flows.direction;
    if (walk.payloadEnd > walk.payloadStart) {
      flows.payload(row, direction, bytes, walk);
      const applications = flows.applications(row);
      if (direction === applications.opener && packet.part === 0) {
        this.#rhythms.packet(row, packet.seconds, this.#rhythmKey);
      }
      if (this.#searches.length > 0) this.#search(applications, direction, bytes);
      if (walk.protocol === PROTOCOL_UDP) {
        if (!flows.beginsSession && flows.isFirst(row)) this.#meetings.answered();
        if (walk.fragment) this.#datagrams.first(applications, direction, bytes);
        else this.#applications.datagram(applications, walk, bytes, direction, packet.number);
      }
    }
    if (walk.protocol === PROTOCOL_TCP) {
      if ((walk.tcpFlags & SYN) !== 0) this.#noteSyn(row, direction, bytes);
      this.#applications.segment(flows.applications(row), walk, bytes, direction, packet.number);
    }
    if (!this.#quiet.reads(bytes)) return;
    packet.direction = direction;
    packet.inward = inward;
    this.#quiet.enter(packet, bytes, start, end);
  }

  /** The state of the search is kept with the direction, so that what is searched for may be cut by packets and by segments. */
  #search(flow: FlowApplications, direction: 0 | 1, bytes: Uint8Array): void {
    const memo = flow.memos[direction];
    const { payloadStart, payloadEnd } = this.#packet.walk;
    for (const [name, search] of this.#searches) {
      const before = memo[name];
      const after = search(bytes, payloadStart, payloadEnd, typeof before === 'number' ? before : 0);
      if (after === 0) delete memo[name];
      else memo[name] = after;
    }
  }

  /** `mac proto address port` of the current packet. */
  readonly #rhythmKey = (): string => {
    return `${this.#packet.sourceMac()} ${this.#packet.proto} ${this.#packet.destinationIp()} ${this.#packet.walk.destinationPort}`;
  };

  #noteSyn(row: number, direction: 0 | 1, bytes: Uint8Array): void {
    const isAnswer = (this.#packet.walk.tcpFlags & ACK) !== 0;
    this.#flows.setClient(row, isAnswer === (direction === 0) ? 1 : 0);
    if (isAnswer) this.#meetings.answered();
    this.#timeHandshake(bytes);
  }

  /** Only answers from the Internet: those of the home measure the radio. */
  #timeHandshake(bytes: Uint8Array): void {
    const packet = this.#packet;
    if (packet.isSourceHome() === packet.isDestinationHome()) return;
    this.#handshakes.packet(packet.walk, bytes, packet.seconds, packet.nanoseconds, packet.clock, this.#evidence);
  }

  readonly #evidence = (): FindingEvidence => this.#packet.evidence();

  #openFlow(): void {
    const packet = this.#packet;
    this.#rhythms.open(packet.row);
    this.#flows.setMacs(packet.row, packet.sender, packet.receiver);
    this.#collector.recall(packet.sourceIp());
    this.#collector.recall(packet.destinationIp());
  }

  /** Whose habits are kept: the owner's alone, so that no device's habits are in another's file. */
  #isSubject(mac: number): boolean {
    const text = this.#macs.text(mac);
    const owner = this.#owner;
    if (owner !== null && owner !== INFRA && owner !== OVERFLOW) return text === owner;
    return !this.#macs.isGroup(mac) && !this.#infra.has(text);
  }

  /** With an owner: what others sent it. Without: what comes from the Internet, or between local ends to the first. */
  #isInward(bytes: Uint8Array): boolean {
    const packet = this.#packet;
    if (this.#owner !== null && packet.walk.sourceMac >= 0) return !packet.text.isSender(bytes, this.#owner);
    return !packet.isSourceHome();
  }

  /** Of the last record: 0 own, 1 shared. */
  get part(): 0 | 1 {
    return this.#packet.part;
  }

  /** Packets analysed in this segment, for progress and lag. */
  get packets(): number {
    this.#quiet.settleAll();
    return this.#tallies[0].packets + this.#tallies[1].packets;
  }

  /** Time of the last packet; null before the first. */
  get lastTs(): string | null {
    return this.#packet.seconds < 0 ? null : this.#packet.ts();
  }

  /**
   * Bytes since the last call: out udp, tcp, http, https, then in. For charts of each second; no part of the summary.
   */
  takeTraffic(): Float64Array {
    this.#quiet.settleAll();
    const traffic = new Float64Array(8);
    for (const tally of this.#tallies) tally.takeTraffic(traffic);
    return traffic;
  }

  /** Everything up to now. Does not change the analysis; costs time only for conversations that had packets since. */
  summary(): Summary {
    return { schema: 'weir.summary/1', own: this.#renderPart(0), shared: this.#renderPart(1) };
  }

  #renderPart(index: 0 | 1): Part {
    const part = this.#renderRest(index);
    this.#flows.fill(part, index);
    return part;
  }

  /**
   * For a file of many devices: the summary without its conversations, and those one by one in the order of their start, so
   * that they need not be in memory together.
   */
  parts(): { readonly part: Part; readonly conversations: Iterable<Conversation> } {
    return { part: this.#renderRest(0), conversations: this.#flows.inOrder() };
  }

  #renderRest(index: 0 | 1): Part {
    this.#quiet.settleAll();
    const part = emptyPart();
    this.#tallies[index].fill(part);
    part.macs = this.#macs.records(index);
    part.dropped.macs = this.#macs.dropped[index]!;
    this.#flows.fillRest(part, index);
    this.#collector.fill(part, index);
    this.#fragments[index].fill(part);
    part.hours = this.#hours.records(index);
    part.contacts = this.#contacts[index].records();
    part.dropped.names += this.#contacts[index].dropped;
    if (index === 0) {
      part.home = this.#packet.home.record();
      const scans = this.#meetings.scans.records();
      if (scans !== undefined) part.scans = scans;
      part.dropped.names += this.#meetings.scans.dropped;
      part.dropped.names += this.#packet.home.dropped;
      part.rhythms = this.#rhythms.records();
      part.round_trips = this.#handshakes.records();
      part.dropped.names += this.#rhythms.dropped + this.#handshakes.leftOut + this.#hours.dropped;
    }
    return part;
  }

  /** The summary and what the device's next segment starts from. */
  end(): { readonly summary: Summary; readonly carry: Carry } {
    return { summary: this.summary(), carry: this.carry() };
  }

  carry(): Carry {
    const packet = this.#packet;
    this.#quiet.settleAll();
    return {
      schema: 'weir.carry/1',
      segment: this.#segment,
      packets: packet.number,
      last_ts: this.lastTs,
      clock: packet.clock,
      flows: this.#flows.carry(packet.clock),
      addresses: this.#collector.carry(),
      rhythms: this.#rhythms.carry(),
      handshakes: this.#handshakes.carry(packet.clock),
      home: packet.home.carry(),
    };
  }
}
