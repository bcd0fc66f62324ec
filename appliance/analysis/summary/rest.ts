// Facts of conversations that have no rows of their own any more, by part of the summary: rows of many, counts of the rest.
// Filled by flows.ts.

import type { TransportProtocol } from '../../model/analysis-document.ts';
import type { FlowTable } from '../packet/flow-table.ts';
import type { MacTable } from '../packet/mac-table.ts';
import { Unanswered } from '../packet/unanswered.ts';
import type { Bounds } from './bounds.ts';
import { addPortsLeft, addRow, evictRecord, isAnswered, joinRecords, ServiceKeys } from './joined-rows.ts';
import { emptyPart } from './merge.ts';
import { PortTally } from './port-tally.ts';
import { type ConversationRecord, type Part } from './summary.ts';

type Payloads = readonly [a: number, b: number];

export class Rest {
  /** Rows of each kind; 0 where nothing is joined. */
  readonly #most: number;
  readonly #services = new ServiceKeys();
  readonly #unanswered: Unanswered;
  readonly #parts = [emptyPart(), emptyPart()] as const;
  readonly #ports = [new PortTally(), new PortTally()] as const;
  /** Keys of joined rows: of conversations that were answered, and of others. */
  readonly #rows = { answered: new Set<string>(), unanswered: new Set<string>() };

  constructor(bounds: Bounds, macs: MacTable) {
    this.#most = bounds.joined;
    this.#unanswered = new Unanswered(bounds, macs);
  }

  /** Takes in a row of the flow table: joined with others where that is wanted and there is room, else its counts alone. */
  take(
    flows: FlowTable,
    row: number,
    payloads: Payloads,
    record: (part: 0 | 1) => ConversationRecord | undefined,
  ): void {
    if (this.#most === 0) return this.#count(flows, row, payloads);
    if (!isUnanswered(flows, row, payloads)) return this.#join(flows.key(row).text, [record(0), record(1)]);
    const reported = this.#unanswered.add(flows, row);
    if (reported === undefined) return this.#count(flows, row, payloads);
    this.#countJoined();
    this.#countPorts(flows, row, reported);
  }

  #count(flows: FlowTable, row: number, payloads: Payloads): void {
    for (const direction of [0, 1] as const) {
      const { evicted } = this.#parts[partOf(flows, row, direction)];
      evicted.packets += flows.packets(row, direction);
      evicted.bytes += flows.bytes(row, direction);
      evicted.payload += payloads[direction];
    }
    this.#parts[partOf(flows, row, flows.packets(row, 0) > 0 ? 0 : 1)].evicted.conversations++;
    this.#countPorts(flows, row, 'none');
  }

  /** Those that are in no row. */
  #countPorts(flows: FlowTable, row: number, reported: 'a' | 'b' | 'none'): void {
    const [proto, a, b] = flows.ports(row);
    if (reported !== 'b') this.#addPort(partOf(flows, row, 0), proto, b, flows.packets(row, 0));
    if (reported !== 'a') this.#addPort(partOf(flows, row, 1), proto, a, flows.packets(row, 1));
  }

  #addPort(part: 0 | 1, proto: TransportProtocol, port: number, packets: number): void {
    this.#ports[part].add(proto, port, packets);
  }

  #countJoined(): void {
    const { dropped } = this.#parts[0];
    dropped.joined = (dropped.joined ?? 0) + 1;
  }

  /** One conversation, of each part what it has. */
  #join(key: string, records: readonly [ConversationRecord | undefined, ConversationRecord | undefined]): void {
    const [own, shared] = records;
    const whole = own === undefined || shared === undefined ? (own ?? shared) : joinRecords(own, shared);
    if (whole === undefined) return;
    const service = this.#serviceOf(key, whole);
    if (service === undefined) this.#parts[own === undefined ? 1 : 0].evicted.conversations++;
    else this.#countJoined();
    if (own !== undefined) this.#addRecord(0, key, service, own);
    if (shared !== undefined) this.#addRecord(1, key, service, shared);
  }

  /** Undefined where the service has no row and there is no room for another of its kind. */
  #serviceOf(key: string, whole: ConversationRecord): string | undefined {
    const service = this.#services.of(key, whole);
    const { answered, unanswered } = this.#rows;
    if (answered.has(service) || unanswered.has(service)) return service;
    const rows = isAnswered(whole) ? answered : unanswered;
    if (rows.size >= this.#most) return undefined;
    rows.add(service);
    return service;
  }

  #addRecord(index: 0 | 1, key: string, service: string | undefined, record: ConversationRecord): void {
    const part = this.#parts[index];
    if (service === undefined) return evictRecord(part, this.#ports[index], key, record);
    addPortsLeft(this.#ports[index], key, service, record);
    addRow(part.conversations, service, record);
  }

  /** Adds all but the rows. */
  fillCounts(part: Part, index: 0 | 1): void {
    const { evicted, dropped } = this.#parts[index];
    const { conversations, packets, bytes, payload } = evicted;
    part.evicted = { conversations, packets, bytes, payload, ...this.#ports[index].record() };
    part.dropped.joined = dropped.joined ?? 0;
    part.dropped.names += dropped.names;
  }

  fillRows(part: Part, index: 0 | 1): void {
    Object.assign(part.conversations, this.#parts[index].conversations);
    this.#unanswered.fill(part, index);
  }
}

function partOf(flows: FlowTable, row: number, direction: number): 0 | 1 {
  return flows.part(row, direction) === 2 ? 1 : 0;
}

/** As `isAnswered` of joined-rows.ts says of records; of TCP without payload alone. */
function isUnanswered(flows: FlowTable, row: number, payloads: Payloads): boolean {
  const [ab, ba] = [flows.packets(row, 0), flows.packets(row, 1)];
  return flows.isTcp(row) && payloads[0] + payloads[1] === 0 && (ab === 0 || ba === 0 || ab === ba);
}
