// An analysis document for people: devices with what they say, findings in words, destinations by name, and conversations folded
// by service; as wide as the terminal. Text from devices is made printable on the way.

import type { StreamedDocument } from '../../analysis/render-document.ts';
import type {
  AnalysisDocument,
  DocumentDevice,
  DocumentFinding,
  DocumentLimits,
  DocumentRouter,
} from '../../model/analysis-document.ts';
import type { DocumentChannels } from '../../model/document/channels.ts';
import { notUnderstoodText } from '../../model/document/not-understood-text.ts';
import { DocumentTalks, sentencesOf } from '../../model/sentences/document-talks.ts';
import { plainSentences, type Sentence } from '../../model/sentences/sentence.ts';
import { compareSeverities } from '../../model/severity.ts';
import { printable } from '../../model/text.ts';
import { isoOf } from '../../model/time/iso-time.ts';
import { FoldedConversations } from './folded-conversations.ts';
import { FoldedDestinations } from './folded-destinations.ts';
import { bytesText } from './print.ts';

type WithoutConversations = Omit<AnalysisDocument, 'conversations'>;
type Write = (text: string) => void;

/** Lines of a part shown to a person; the rest is counted. */
const SHOWN = 40;
/** Findings of one rule and device that are shown. */
const SHOWN_ALIKE = 5;

export function printForPeople(streamed: StreamedDocument, write: Write, width: number): void {
  const conversations = new FoldedConversations();
  const destinations = new FoldedDestinations();
  const talks = new DocumentTalks(streamed.head.devices);
  for (const conversation of streamed.conversations) {
    conversations.add(conversation);
    destinations.add(conversation);
    talks.add(conversation);
  }
  const document = { ...streamed.head, ...streamed.rest() };
  printHead(document, write);
  printDevices(document, sentencesOf(document, talks, 'in this capture'), write, width);
  printFindings(document.findings, write, width);
  printPart('Destinations, by name', destinations.lines(document.destinations, width), 'destinations', write);
  printPart(
    `Conversations (${conversations.count}), folded by service. Entropies in bits per byte:\nthe packets' mean, its side of the paper's threshold 7, and all payload pooled`,
    conversations.lines(width),
    'kinds of conversation',
    write,
  );
}

function printHead({ input, limits, channels }: WithoutConversations, write: Write): void {
  write(`${printable(input.path)}: ${input.format}, ${input.packets} packets, ${bytesText(input.frame_bytes)}`);
  write(input.first_ts === null ? '\n' : `, ${isoOf(input.first_ts)} to ${isoOf(input.last_ts)}\n`);
  for (const line of leftOutLines(limits)) write(`  not in the rows below: ${printable(line, 200)}\n`);
  for (const line of (channels ?? []).flatMap(channelLines)) write(`  ${printable(line, 300)}\n`);
}

function printDevices(
  { devices, routers = [] }: WithoutConversations,
  sentences: ReadonlyMap<string, readonly Sentence[]>,
  write: Write,
  width: number,
): void {
  write('\nDevices\n');
  for (const device of devices) {
    if (device.packets_sent === 0) continue;
    const name = device.names[0]?.name ?? '';
    const vendor = device.vendor ?? (device.randomised ? 'random address' : '?');
    write(`  ${device.mac}  ${pad(vendor, 24)} ${pad(name, 24)}`);
    write(` sent ${device.packets_sent} packets, ${bytesText(device.bytes_sent)}\n`);
    const lines = [...plainSentences(sentences.get(device.mac) ?? []), ...hiddenLines(device)];
    for (const line of lines) writeWrapped(line, 4, write, width);
  }
  for (const router of routers) write(`  ${router.mac}  ${routerText(router)}\n`);
}

/** What it means once for each device, then what was seen of it and how often; the gravest first. */
function printFindings(findings: readonly DocumentFinding[], write: Write, width: number): void {
  const alike = new Map<string, DocumentFinding[]>();
  for (const finding of findings.toSorted(compareSeverities)) {
    const key = [finding.rule, finding.device, finding.explanation].join('\t');
    alike.set(key, [...(alike.get(key) ?? []), finding]);
  }
  if (alike.size === 0) return;
  write(`\nFindings (${findings.length}), the most severe first\n`);
  for (const group of [...alike.values()].slice(0, SHOWN)) printGroup(group, write, width);
  if (alike.size > SHOWN) write(`  and ${alike.size - SHOWN} more kinds; --format json or csv has all\n`);
}

function printGroup(group: readonly DocumentFinding[], write: Write, width: number): void {
  const [first] = group;
  if (first === undefined) return;
  writeWrapped(
    `${first.severity.toUpperCase().padEnd(6)} ${first.device ?? '-'}  ${first.explanation}`,
    2,
    write,
    width,
    7,
  );
  for (const { rule, count, excerpt_masked: seen } of group.slice(0, SHOWN_ALIKE))
    writeWrapped(`${rule}, ${count === 1 ? 'once' : `${count} times`}: ${seen}`, 9, write, width);
  if (group.length > SHOWN_ALIKE) write(`         and ${group.length - SHOWN_ALIKE} more\n`);
}

function printPart(title: string, lines: readonly string[], what: string, write: Write): void {
  if (lines.length === 0) return;
  write(`\n${title}\n`);
  for (const line of lines.slice(0, SHOWN)) write(`  ${line}\n`);
  if (lines.length > SHOWN) write(`  and ${lines.length - SHOWN} more ${what}; --format json or csv has all\n`);
}

/** Between words, at most 600 characters; lines after the first are set in `hanging` further. */
function writeWrapped(text: string, indent: number, write: Write, width: number, hanging = 2): void {
  let line = ' '.repeat(indent);
  let isEmpty = true;
  for (const word of printable(text, 600).split(/(?<=\S) (?=\S)/)) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      write(`${line}\n`);
      line = ' '.repeat(indent + hanging);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  write(`${line}\n`);
}

/** Of one place of capture. */
function channelLines({ seen_at, path, address, rows }: DocumentChannels): string[] {
  const where = seen_at === 'phone' ? `on the phone (${address} in ${path})` : 'at the access point';
  return rows.map(
    ({ channel, conversations, packets, bytes_out, bytes_in }) =>
      `${where}, ${channel.replace('_', ' to ')}: ${conversations} conversations, ${packets} packets, ${bytes_out} bytes out, ${bytes_in} in`,
  );
}

/** How a device hides its questions for names, and the names that it goes to. */
function hiddenLines({ encrypted_dns: dns = [], encrypted_hellos: hellos = [] }: DocumentDevice): string[] {
  const names = hellos.map(({ outer_name, announced }) => `${outer_name}${announced ? '' : ' (perhaps an imitation)'}`);
  return [
    ...(dns.length === 0 ? [] : [`asks for names encrypted: ${dns.join(', ')}`]),
    ...(names.length === 0 ? [] : [`encrypted hellos, outside named ${names.join(', ')}`]),
  ];
}

function routerText({ vendor, known_by, findings_left_out: left }: DocumentRouter): string {
  const how = known_by === 'said' ? 'said' : 'found: most devices leave the home through it; --router names another';
  const findings = left === 0 ? '' : `, ${left} findings about it left out`;
  return `${pad(vendor ?? '?', 24)} router (${how})${findings}`;
}

/** Everything that limits or a lack of understanding kept out, a line each. */
function leftOutLines(limits: DocumentLimits): string[] {
  const counts = [
    [limits.conversations_evicted, 'conversations summed up without detail (table full)'],
    [limits.names_dropped, 'names not kept'],
    [limits.findings_dropped, 'findings not kept'],
    [limits.messages_cut ?? 0, 'messages of which something was not searched'],
  ] as const;
  const kept = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [...(limits.not_understood ?? []).map(notUnderstoodText), ...kept];
}

function pad(text: string, width: number): string {
  const safe = printable(text, width - 1);
  return safe.padEnd(width);
}
