// The analysis of one device's segment or of one file: a fold over packets. capture-reader.ts feeds it; summary() may be
// asked at any time; end() also gives the carry for the device's next segment. Nothing here knows time, files or names of
// countries: the same packets and carry give the same bytes, live or replayed.

import type { FrameSink } from '../decode/files/records.ts';
import { fragmentPlace } from '../decode/frames/fragment.ts';
import { ETHERTYPE_ARP, PROTOCOL_ICMP6, PROTOCOL_TCP, PROTOCOL_UDP } from '../decode/frames/frame.ts';
import { isWithoutMacs } from '../decode/frames/link.ts';
import { Walk } from '../decode/frames/walk.ts';
import { isHomeHost, isLocalBytes } from '../geo/scope.ts';
import type { FindingEvidence } from '../model/analysis-document.ts';
import { type DeviceKey, INFRA, type Mac, OVERFLOW } from '../model/mac.ts';
import { Collector, type FactSource, type FlowNotes } from './inspect/collector.ts';
import { Applications, type FlowApplications, type PacketTexts } from './inspect/dispatcher.ts';
import { DATAGRAM_LISTENERS, STREAM_LISTENERS } from './inspect/inspectors.ts';
import { DatagramPieces, type FirstPiece, type JoinedDatagram } from './inspect/streams/datagram-pieces.ts';
import { StreamBudget } from './inspect/streams/tcp-stream.ts';
import { walked } from './kernel/walk-kernel.ts';
import { Contacts, type ContactWay, contactKey } from './packet/contacts.ts';
import { Flows } from './packet/flows.ts';
import { Fragments } from './packet/fragments.ts';
import { ACK, HandshakeTimes, SYN } from './packet/handshake-times.ts';
import { Home } from './packet/home.ts';
import { Hours } from './packet/hours.ts';
import { MacTable } from './packet/mac-table.ts';
import { PacketText } from './packet/packet-text.ts';
import { Rhythms } from './packet/rhythm.ts';
import { Scans } from './packet/scans.ts';
import type { SlotFile } from './packet/sleep-store.ts';
import { INWARD, Tally } from './packet/tally.ts';
import { serverEnd } from './ports/server-end.ts';
import { isWellKnown } from './ports/services.ts';
import { QuietRows, type SeenPacket } from './quiet-rows.ts';
import type { Vault } from './secrets/vault.ts';
import type { WordList } from './secrets/word-list.ts';
import { type Bounds, FILE_BOUNDS } from './summary/bounds.ts';
import type { Carry } from './summary/carry.ts';
import type { Conversation } from './summary/conversation-stats.ts';
import { emptyPart } from './summary/merge.ts';
import { type Part, type Summary, timeText } from './summary/summary.ts';

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

export class Analyzer implements FrameSink, FactSource, PacketTexts {
  readonly #owner: string | null;
  readonly #infra: ReadonlySet<string>;
  readonly #segment: number;
  readonly #walk = new Walk();
  readonly #text = new PacketText(this.#walk);
  readonly #macs: MacTable;
  readonly #tallies = [new Tally(), new Tally()] as const;
  readonly #flows: Flows;
  readonly #collector: Collector;
  readonly #searches: readonly (readonly ['vault' | 'words', Collector['search']])[];
  readonly #rhythms = new Rhythms();
  readonly #hours: Hours;
  readonly #contacts: readonly [Contacts, Contacts];
  readonly #handshakes = new HandshakeTimes();
  readonly #home: Home;
  readonly #scans = new Scans();
  readonly #applications: Applications;
  readonly #pieces: DatagramPieces;
  readonly #quiet: QuietRows;
  readonly #fragments = [new Fragments(), new Fragments()] as const;
  #packets = 0;
  #seconds = -1;
  #nanoseconds = 0;
  #clock = 0;
  /** Time of packet `#toldPacket` as text: asked for several times a packet, or never. */
  #reported = '';
  #toldPacket = -1;
  #row = -1;
  /** Rows of the MAC table for the current packet, -1 for none. */
  #sender = -1;
  #receiver = -1;
  readonly #time = { seconds: 0, nanoseconds: 0, clock: 0 };
  readonly #seen: SeenPacket = { row: 0, direction: 0, part: 0, sender: 0, receiver: 0, inward: false };
  #homeVersion = 0;
  /** Of the last call of `walkRecords`. */
  walked = 0;
  /** Of the current packet: 0 own, 1 shared. */
  part: 0 | 1 = 0;

  constructor(context: AnalyzerContext, carry?: Carry) {
    const bounds = context.bounds ?? FILE_BOUNDS;
    this.#macs = new MacTable(bounds.addresses);
    this.#owner = context.owner;
    this.#infra = new Set(context.infra);
    this.#segment = context.segment ?? 0;
    this.#home = new Home(this.#infra, this);
    this.#hours = new Hours(this.#macs, (mac) => this.#isSubject(mac));
    const vault = context.vault?.empty === false ? context.vault : undefined;
    const words = context.words?.empty === false ? context.words : undefined;
    this.#collector = new Collector(this, bounds, vault, words);
    this.#searches = [
      ...(vault === undefined ? [] : [['vault', this.#collector.search.bind(this.#collector)] as const]),
      ...(words === undefined ? [] : [['words', this.#collector.searchWords.bind(this.#collector)] as const]),
    ];
    this.#contacts = [new Contacts(bounds), new Contacts(bounds)];
    this.#flows = new Flows(bounds, this.#macs, new StreamBudget(bounds.streamBytes), context.sleepers);
    this.#pieces = new DatagramPieces(this.#flows.budget);
    this.#applications = new Applications(
      DATAGRAM_LISTENERS,
      STREAM_LISTENERS,
      this.#collector,
      this.#flows.budget,
      this,
    );
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
    if (carry.segment === this.#segment) this.#packets = carry.packets;
    if (carry.last_ts !== null) {
      this.#seconds = Number.parseInt(carry.last_ts, 10);
      this.#nanoseconds = Number(carry.last_ts.slice(carry.last_ts.indexOf('.') + 1));
    }
    this.#clock = carry.clock;
    this.#flows.resume(carry.flows);
    this.#collector.learn(carry.addresses);
    this.#rhythms.resume(carry.rhythms);
    this.#handshakes.resume(carry.handshakes);
    if (carry.home !== undefined) this.#home.resume(carry.home);
  }

  /** A record that another analyzer is given: it keeps its number. Returns that number. */
  skip(): number {
    return ++this.#packets;
  }

  /** The next record is number `packets` + 1 of its segment. */
  numberFrom(packets: number): void {
    this.#packets = packets;
  }

  /** Records that only count: see FrameSink. What is searched for must be looked for in each. */
  walkRecords(bytes: Uint8Array, start: number, end: number, unit: number): number {
    this.walked = 0;
    if (this.#searches.length > 0) return start;
    const time = this.#time;
    time.seconds = this.#seconds;
    time.nanoseconds = this.#nanoseconds;
    time.clock = this.#clock;
    const next = this.#quiet.walk(bytes, start, end, unit, time);
    this.walked = walked.packets;
    this.#packets += walked.packets;
    this.#seconds = time.seconds;
    this.#nanoseconds = time.nanoseconds;
    this.#clock = time.clock;
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
    const walk = this.#walk;
    this.#quiet.turn(seconds);
    walk.walk(bytes, start, end, linkType);
    this.#text.bytes = bytes;
    this.#packets++;
    this.#row = -1;
    this.part = this.#partOf(bytes);
    const tally = this.#tallies[this.part];
    if (seconds < this.#seconds || (seconds === this.#seconds && nanoseconds < this.#nanoseconds)) tally.stepsBack++;
    this.#seconds = seconds;
    this.#nanoseconds = nanoseconds;
    if (seconds > this.#clock) this.#clock = seconds;
    const length = Math.max(originalLength, end - start);
    this.#hours.turn(seconds);
    tally.add(walk, end - start, length, seconds, nanoseconds, linkType);
    this.#countMacs(bytes, length, linkType);
    const transport = walk.protocol === PROTOCOL_TCP || walk.protocol === PROTOCOL_UDP;
    if (walk.hasPorts && transport) this.#countFlow(bytes, length, start, end);
    else if (walk.protocol === PROTOCOL_ICMP6) this.#home.icmp6(walk, bytes, this.sourceMac());
    else if (walk.etherType === ETHERTYPE_ARP) this.#home.arp(walk, bytes, this.sourceMac());
    if (walk.fragment) {
      this.#countFragment(length);
      if (walk.laterFragment && walk.protocol === PROTOCOL_UDP) this.#laterFragment(bytes);
    }
    if (this.#home.version !== this.#homeVersion) this.#moveHome();
  }

  /** Which way traffic goes may be another from here on. */
  #moveHome(): void {
    this.#homeVersion = this.#home.version;
    this.#quiet.settleAll();
  }

  /** Attribution: a frame is shared when another device sent it and that device's file has it too. */
  #partOf(bytes: Uint8Array): 0 | 1 {
    const owner = this.#owner;
    if (owner === null || owner === INFRA || owner === OVERFLOW || this.#walk.sourceMac < 0) return 0;
    return this.#text.isSender(bytes, owner) || this.#text.isSenderAmong(bytes, this.#infra) ? 0 : 1;
  }

  #countMacs(bytes: Uint8Array, length: number, linkType: number): void {
    const { sourceMac, destinationMac, ipVersion, sourceIp } = this.#walk;
    const macs = this.#macs;
    this.#sender = sourceMac < 0 ? -1 : macs.row(bytes, sourceMac);
    this.#receiver = destinationMac < 0 ? -1 : macs.row(bytes, destinationMac);
    if (sourceMac < 0 && ipVersion !== 0 && isWithoutMacs(linkType)) this.#findHosts(bytes);
    if (this.#receiver >= 0) {
      macs.received(this.#receiver, this.part, length);
      this.#hours.touch(this.#receiver);
    } else if (destinationMac >= 0) macs.dropped[this.part]!++;
    if (this.#sender >= 0) {
      macs.sent(this.#sender, this.part, length);
      this.#hours.touch(this.#sender);
      if (ipVersion !== 0) macs.sentFrom(this.#sender, this.part, bytes, sourceIp, ipVersion);
    } else if (sourceMac >= 0) macs.dropped[this.part]!++;
  }

  /** A link without MACs: devices are known by their addresses, those of the home. */
  #findHosts(bytes: Uint8Array): void {
    const { sourceIp, destinationIp, ipVersion } = this.#walk;
    const rowOf = (at: number): number =>
      at >= 0 && isHomeHost(bytes, at, ipVersion) ? this.#macs.hostRow(bytes, at, ipVersion) : -1;
    this.#sender = rowOf(sourceIp);
    this.#receiver = rowOf(destinationIp);
  }

  /** Outside of any conversation, or in one without a listener. */
  #countFragment(length: number): void {
    const { laterFragment, payloadInFragments } = this.#walk;
    const fragments = this.#fragments[this.part];
    if (laterFragment) fragments.later(this.sourceIp(), this.destinationIp(), length);
    else if (payloadInFragments > 0 && this.#row >= 0)
      fragments.first(this.#flows.keyOf(this.#row), payloadInFragments);
  }

  #countFlow(bytes: Uint8Array, length: number, start: number, end: number): void {
    const walk = this.#walk;
    const inward = this.#isInward(bytes);
    this.#tallies[this.part].addTraffic(walk, length, this.#seconds, inward ? INWARD : 0);
    const flows = this.#flows;
    const row = flows.packet(walk, bytes, this.part, length, this.#seconds, this.#nanoseconds, this.#clock);
    this.#row = row;
    const payload = walk.payloadEnd - walk.payloadStart;
    if (flows.isNew) this.#openFlow();
    else flows.checkMacs(row, this.#sender, this.#receiver, length, payload > 0 ? payload : 0);
    if (flows.beginsSession) this.#openSession(bytes);
    const direction = flows.direction;
    if (walk.payloadEnd > walk.payloadStart) {
      flows.payload(row, direction, bytes, walk);
      const applications = flows.applications(row);
      if (direction === applications.opener && this.part === 0) {
        this.#rhythms.packet(row, this.#seconds, this.#rhythmKey);
      }
      if (this.#searches.length > 0) this.#search(applications, direction, bytes);
      if (walk.protocol === PROTOCOL_UDP) {
        if (!flows.beginsSession && flows.isFirst(row)) this.#answerTarget();
        if (walk.fragment) this.#firstFragment(applications, direction, bytes);
        else this.#applications.datagram(applications, walk, bytes, direction, this.#packets);
      }
    }
    if (walk.protocol === PROTOCOL_TCP) {
      if ((walk.tcpFlags & SYN) !== 0) this.#noteSyn(row, direction, bytes);
      this.#applications.segment(flows.applications(row), walk, bytes, direction, this.#packets);
    }
    if (!this.#quiet.reads(bytes)) return;
    const seen = this.#seen;
    seen.row = row;
    seen.direction = direction;
    seen.part = this.part;
    seen.sender = this.#sender;
    seen.receiver = this.#receiver;
    seen.inward = inward;
    this.#quiet.enter(seen, walk, bytes, start, end);
  }

  /** Shown alone, and again with what it is the beginning of once that has come: it may never. */
  #firstFragment(flow: FlowApplications, direction: 0 | 1, bytes: Uint8Array): void {
    const first: FirstPiece = { row: this.#row, key: this.#flows.keyOf(this.#row), direction, reported: undefined };
    const whole = this.#addFragment(bytes, first);
    if (whole !== undefined) return this.#showWhole(whole);
    let isKnown = false;
    const reported = this.#collector.hear(() => {
      isKnown = this.#applications.datagram(flow, this.#walk, bytes, direction, this.#packets);
    });
    if (isKnown) first.reported = reported;
  }

  #laterFragment(bytes: Uint8Array): void {
    const whole = this.#addFragment(bytes);
    if (whole === undefined || !this.#flows.holds(whole.first.row, whole.first.key)) return;
    this.#row = whole.first.row;
    this.#showWhole(whole);
  }

  #addFragment(bytes: Uint8Array, first?: FirstPiece): JoinedDatagram | undefined {
    const place = fragmentPlace(this.#walk, bytes);
    if (place === undefined) return undefined;
    const name = `${this.sourceIp()} ${this.destinationIp()} ${place.identification}`;
    const whole = this.#pieces.add(name, place, bytes, this.#clock, first);
    this.#collector.noteCuts(this.#pieces.joiner);
    return whole;
  }

  #showWhole(whole: JoinedDatagram): void {
    const { first, bytes, payloadStart, payloadEnd } = whole;
    const flow = this.#flows.applications(this.#row);
    this.#collector.repeat(first.reported, () => {
      if (this.#searches.length > 0) this.#collector.unpacked(bytes, payloadStart, payloadEnd, 'fragments');
      this.#applications.datagram(flow, whole, bytes, first.direction, this.#packets);
    });
  }

  /** The state of the search is kept with the direction, so that what is searched for may be cut by packets and by segments. */
  #search(flow: FlowApplications, direction: 0 | 1, bytes: Uint8Array): void {
    const memo = flow.memos[direction];
    const { payloadStart, payloadEnd } = this.#walk;
    for (const [name, search] of this.#searches) {
      const before = memo[name];
      const after = search(bytes, payloadStart, payloadEnd, typeof before === 'number' ? before : 0);
      if (after === 0) delete memo[name];
      else memo[name] = after;
    }
  }

  /** `mac proto address port` of the current packet. */
  readonly #rhythmKey = (): string => {
    return `${this.sourceMac()} ${this.#proto} ${this.destinationIp()} ${this.#walk.destinationPort}`;
  };

  #noteSyn(row: number, direction: 0 | 1, bytes: Uint8Array): void {
    const isAnswer = (this.#walk.tcpFlags & ACK) !== 0;
    this.#flows.setClient(row, isAnswer === (direction === 0) ? 1 : 0);
    if (isAnswer) this.#answerTarget();
    this.#timeHandshake(bytes);
  }

  /** Only answers from the Internet: those of the home measure the radio. */
  #timeHandshake(bytes: Uint8Array): void {
    if (this.isSourceHome() === this.isDestinationHome()) return;
    this.#handshakes.packet(this.#walk, bytes, this.#seconds, this.#nanoseconds, this.#clock, this.#evidence);
  }

  readonly #evidence = (): FindingEvidence => this.evidence();

  #openFlow(): void {
    this.#rhythms.open(this.#row);
    this.#flows.setMacs(this.#row, this.#sender, this.#receiver);
    this.#collector.recall(this.sourceIp());
    this.#collector.recall(this.destinationIp());
  }

  #openSession(bytes: Uint8Array): void {
    this.#rhythms.open(this.#row);
    this.#meet(bytes);
    if (this.#isTry(bytes)) this.#tryTarget();
  }

  /** A question that one who listens there would answer: a SYN, a datagram to a well-known port of one host of the home. */
  #isTry(bytes: Uint8Array): boolean {
    const { protocol, tcpFlags, sourcePort, destinationPort, destinationIp, ipVersion } = this.#walk;
    if (protocol === PROTOCOL_TCP) return (tcpFlags & (SYN | ACK)) === SYN;
    if (this.#receiver < 0 || this.#macs.isGroup(this.#receiver) || !isWellKnown('udp', destinationPort)) return false;
    return isLocalBytes(bytes, destinationIp, ipVersion) && !isWellKnown('udp', sourcePort);
  }

  #tryTarget(): void {
    const service = `${this.#proto} ${this.#walk.destinationPort}`;
    const open = (mac: number, way: 'to' | 'from', peer: string): void => {
      if (mac < 0 || !this.#isSubject(mac)) return;
      this.#scans.open(this.#macs.text(mac), way, `${peer} ${service}`, this.#seconds, this.#evidence);
    };
    if (this.isSourceHome()) open(this.#sender, 'to', this.destinationIp());
    if (this.isDestinationHome()) open(this.#receiver, 'from', this.sourceIp());
  }

  /** The current packet comes from the side that was asked. */
  #answerTarget(): void {
    const service = `${this.#proto} ${this.#walk.sourcePort}`;
    if (this.#receiver >= 0)
      this.#scans.answered(this.#macs.text(this.#receiver), 'to', `${this.sourceIp()} ${service}`);
    if (this.#sender >= 0)
      this.#scans.answered(this.#macs.text(this.#sender), 'from', `${this.destinationIp()} ${service}`);
  }

  /** DHCP said something to a client, or a client to it. */
  lease(mac: string, message: string): void {
    this.#home.lease(mac, message);
  }

  /** Each end of a new session that lies in the home has met the other. */
  #meet(bytes: Uint8Array): void {
    const { sourcePort, destinationPort } = this.#walk;
    this.#noteRoute(bytes);
    const server = serverEnd(this.#proto, [sourcePort, destinationPort], this.#clientOfPacket());
    const port = server === 'a' ? sourcePort : destinationPort;
    const own = server === 'b' ? 'from' : this.#clientOfPacket() === undefined ? 'heard' : 'to';
    if (this.isSourceHome()) {
      this.#noteContact(this.#sender, server === 'b' ? 'to' : 'from', this.destinationIp(), port);
    }
    if (this.isDestinationHome()) {
      this.#noteContact(this.#receiver, own, this.sourceIp(), port);
    }
  }

  /** A way out of the home, seen by the MAC that a session's first packet went to. */
  #noteRoute(bytes: Uint8Array): void {
    if (this.#sender < 0 || this.#receiver < 0 || this.#macs.isGroup(this.#receiver)) return;
    const { sourceIp, destinationIp, ipVersion } = this.#walk;
    if (isLocalBytes(bytes, destinationIp, ipVersion)) return;
    if (samePrefix(bytes, sourceIp, destinationIp, ipVersion === 6 ? 8 : 3)) return;
    if (ipVersion === 6 && this.#home.isAnnouncedByAny(bytes, destinationIp)) return;
    this.#home.route(this.#macs.text(this.#receiver), this.#macs.text(this.#sender));
  }

  isSourceHome(): boolean {
    return this.#isHome(this.#walk.sourceIp, this.#sender);
  }

  isDestinationHome(): boolean {
    return this.#isHome(this.#walk.destinationIp, this.#receiver);
  }

  /**
   * By the address alone where it can be no other's. Else by the link: what is not the router's MAC is a device of the home,
   * whatever public address it has; behind the router's is the Internet, but for what the router announced.
   */
  #isHome(ip: number, mac: number): boolean {
    const { bytes } = this.#text;
    const { ipVersion } = this.#walk;
    if (ip < 0) return false;
    if (isLocalBytes(bytes, ip, ipVersion)) return true;
    const home = this.#home;
    if (mac >= 0 && home.hasRouter && !this.#macs.isGroup(mac) && !home.isRouter(this.#macs.text(mac))) return true;
    return ipVersion === 6 && home.isAnnounced(bytes, ip);
  }

  /** By the current SYN: `a` is the sender. */
  #clientOfPacket(): 'a' | 'b' | undefined {
    const { protocol, tcpFlags } = this.#walk;
    if (protocol !== PROTOCOL_TCP || (tcpFlags & SYN) === 0) return undefined;
    return (tcpFlags & ACK) === 0 ? 'a' : 'b';
  }

  get #proto(): 'tcp' | 'udp' {
    return this.#walk.protocol === PROTOCOL_TCP ? 'tcp' : 'udp';
  }

  /** Whose habits are kept: the owner's alone, so that no device's habits are in another's file. */
  #isSubject(mac: number): boolean {
    const text = this.#macs.text(mac);
    const owner = this.#owner;
    if (owner !== null && owner !== INFRA && owner !== OVERFLOW) return text === owner;
    return !this.#macs.isGroup(mac) && !this.#infra.has(text);
  }

  #noteContact(mac: number, way: ContactWay, peer: string, port: number): void {
    if (mac < 0 || !this.#isSubject(mac)) return;
    const proto = this.#proto;
    this.#contacts[this.part].open(contactKey(this.#macs.text(mac), way, proto, peer, port), this.#evidence);
  }

  /** With an owner: what others sent it. Without: what comes from the Internet, or between local ends to the first. */
  #isInward(bytes: Uint8Array): boolean {
    if (this.#owner !== null && this.#walk.sourceMac >= 0) return !this.#text.isSender(bytes, this.#owner);
    return !this.isSourceHome();
  }

  notes(): FlowNotes {
    return this.#flows.notes(this.#row, this.part);
  }
  evidence(): FindingEvidence {
    return { segment: this.#segment, packet: this.#packets, ts: this.ts() };
  }
  ts(): string {
    if (this.#toldPacket !== this.#packets) {
      this.#toldPacket = this.#packets;
      this.#reported = timeText(this.#seconds, this.#nanoseconds);
    }
    return this.#reported;
  }
  sourceIp(): string {
    return this.#text.sourceIp();
  }
  destinationIp(): string {
    return this.#text.destinationIp();
  }
  sourceMac(): string {
    return this.#sender < 0 ? this.#text.sourceMac() : this.#macs.text(this.#sender);
  }
  destinationMac(): string {
    return this.#receiver < 0 ? this.#text.destinationMac() : this.#macs.text(this.#receiver);
  }

  /** Packets analysed in this segment, for progress and lag. */
  get packets(): number {
    this.#quiet.settleAll();
    return this.#tallies[0].packets + this.#tallies[1].packets;
  }

  /** Time of the last packet; null before the first. */
  get lastTs(): string | null {
    return this.#seconds < 0 ? null : this.ts();
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
      part.home = this.#home.record();
      const scans = this.#scans.records();
      if (scans !== undefined) part.scans = scans;
      part.dropped.names += this.#scans.dropped;
      part.dropped.names += this.#home.dropped;
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
    this.#quiet.settleAll();
    return {
      schema: 'weir.carry/1',
      segment: this.#segment,
      packets: this.#packets,
      last_ts: this.lastTs,
      clock: this.#clock,
      flows: this.#flows.carry(this.#clock),
      addresses: this.#collector.carry(),
      rhythms: this.#rhythms.carry(),
      handshakes: this.#handshakes.carry(this.#clock),
      home: this.#home.carry(),
    };
  }
}

/** Whether two addresses begin with the same bytes: neighbours of one link, not ends of a way through a router. */
function samePrefix(bytes: Uint8Array, x: number, y: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[x + i] !== bytes[y + i]) return false;
  return true;
}
