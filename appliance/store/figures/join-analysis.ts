// Joins analysis/ and its tables into the SummaryTools that store and page use. Without tables the figures are made all
// the same; only countries and vendors stay unknown, and that is said.

import { MAX_PORTS } from '../../analysis/document/largest-ports.ts';
import { openTables } from '../../analysis/document/open-tables.ts';
import type { DocumentTables } from '../../analysis/document/tables.ts';
import type { RuleSet } from '../../analysis/platforms/rule.ts';
import { renderDocument, renderLargest } from '../../analysis/render-document.ts';
import { boundSummary } from '../../analysis/summary/bounded-summary.ts';
import { combineDevices, emptySummary, mergeSummaries } from '../../analysis/summary/merge.ts';
import { type Summary } from '../../analysis/summary/summary.ts';
import { version } from '../../config/version.ts';
import { MAX_FLOWS } from '../index/flow-index.ts';
import { packBlock, unpackBlock } from '../index/flow-pack.ts';
import { addBlocks, boundBlock, flowBlock } from '../index/flow-row.ts';
import { hourIso, hourRow } from '../index/hour-row.ts';
import { NO_TEXT, type PackedText, packText, unpackText } from '../index/packed-text.ts';
import type { DeviceFlows, DeviceSum, HourFigures, HourOrigin, SummaryOrigin, SummaryTools } from '../summary-tools.ts';
import { type DeviceHead, headOf } from './device-head.ts';
import { type FlowGroups, type FlowPart, type FlowQuestion, groupFlows } from './flow-groups.ts';

/** Rows of the whole appliance's document: with all of them a page would wait seconds. Each device's own has all of its. */
const MAX_CONVERSATIONS = 1000;
/** Conversations of a sum that is stored: it is rewritten with each segment, for years. */
const MAX_STORED = 1500;
/** Of what is made to be shown, one device's and that of all: so much is held in memory while it is made. */
const MAX_SHOWN = 7000;
/** In the sum of all devices while it is made; older ones are joined by service or left out, and counted. */
const MAX_COMBINED = 12_000;
/** Rows of devices and hours have no ports. */
const NO_PORTS = { mostPorts: 0 };
/** Times in captures have nanoseconds. */
const DIGITS = 9;

/**
 * Works in the calling thread. `problem` hears of tables that are missing; in `dataFolder` an operator's newer geo table is looked for first.
 * @throws WeirError USAGE for a port profile that does not exist
 */
export function openSummaryTools(
  profileName: string,
  problem: (text: string) => void,
  dataFolder?: string,
  home = '',
  platforms?: RuleSet,
): SummaryTools {
  const { tables, warnings } = openTables(version, profileName, dataFolder, home, platforms);
  for (const warning of warnings) problem(warning);
  return {
    merge: async (parts) => mergeTexts(parts),
    document: async (parts, origin) => renderDocument(mergeParts(parts, MAX_SHOWN), tables, source(origin)),
    head: async (parts, origin) => makeHead(mergeParts(parts, MAX_SHOWN), tables, origin),
    hour: async (parts, origin) => makeHour(parts, tables, origin),
    addFlows: async (parts, most) => addPacked(parts, most, tables),
    groupFlows: async (flows, question) => groupDevice(flows, question, tables),
    combine: () => new SumOfDevices(tables),
  };
}

function makeHour(parts: readonly PackedText[], tables: DocumentTables, origin: HourOrigin): HourFigures {
  const { device, hour, phase } = origin;
  const document = renderDocument(mergeParts(parts, MAX_SHOWN), tables, {
    ...source({ device, path: hourIso(hour), bytes: 0 }),
    ...NO_PORTS,
  });
  const row = hourRow(document, hour, phase, true);
  const { block, fresh } = boundBlock(flowBlock(document, device), MAX_FLOWS.hour, countryOf(tables));
  return { row, flows: packBlock(block), joined: fresh };
}

function addPacked(parts: readonly PackedText[], most: number, tables: DocumentTables) {
  const { block, fresh } = boundBlock(addBlocks(parts.map(unpackBlock)), most, countryOf(tables));
  return { flows: packBlock(block), joined: fresh };
}

function countryOf(tables: DocumentTables) {
  return (address: string) => tables.describeAddress(address).country;
}

/** One block at a time is unpacked. */
function groupDevice(flows: DeviceFlows, question: FlowQuestion, tables: DocumentTables): FlowGroups {
  const { device, blocks, open } = flows;
  function* parts(): Generator<FlowPart> {
    for (const { phase, label, flows: packed } of blocks)
      yield { phase, hour: label.includes('T') ? hourIso(label) : '', block: unpackBlock(packed) };
    for (const { phase, hour, parts: slices } of open)
      yield { phase, hour: hourIso(hour), block: unpackBlock(makeHour(slices, tables, { device, hour, phase }).flows) };
  }
  return groupFlows(device, parts(), question, (address) => tables.describeAddress(address));
}

/** Device by device, so that no more than the sum and one device are in memory. */
class SumOfDevices implements DeviceSum {
  readonly #tables: DocumentTables;
  #sum = emptySummary();

  constructor(tables: DocumentTables) {
    this.#tables = tables;
  }

  async add(parts: readonly PackedText[]): Promise<void> {
    this.#sum = boundSummary(combineDevices([this.#sum, mergeParts(parts, MAX_SHOWN)]), MAX_COMBINED);
  }

  async document(origin: SummaryOrigin) {
    return renderLargest(this.#sum, this.#tables, source(origin), MAX_CONVERSATIONS);
  }

  abandon(): void {
    this.#sum = emptySummary();
  }
}

function makeHead(summary: Summary, tables: DocumentTables, origin: SummaryOrigin): DeviceHead {
  if (origin.device === null) throw new TypeError('a head is of one device');
  const { packets, frame_bytes: bytes } = summary.own;
  return headOf(origin.device, renderDocument(summary, tables, { ...source(origin), ...NO_PORTS }), { packets, bytes });
}

function mergeTexts(parts: readonly PackedText[]): PackedText {
  const some = parts.filter((part) => part.length > 0);
  return some.length === 0 ? NO_TEXT : packText(JSON.stringify(mergeParts(some, MAX_STORED)));
}

/** In the order of capture, each step within bounds: so a sum does not depend on how many parts came at once. */
function mergeParts(parts: readonly PackedText[], most: number): Summary {
  return parts
    .filter((part) => part.length > 0)
    .reduce((sum, part) => boundSummary(mergeSummaries(sum, readSummary(part)), most), emptySummary());
}

function readSummary(part: PackedText): Summary {
  return JSON.parse(unpackText(part)) as Summary;
}

function source({ path, bytes, identities = {} }: SummaryOrigin) {
  return {
    path,
    bytes,
    sha256: null,
    format: 'pcap',
    damage: null,
    digits: DIGITS,
    identities,
    mostPorts: MAX_PORTS,
  } as const;
}
