// The tables of contents: what each room of appliance/ is for, declared here, and what each of its files says of itself in the
// first sentence of its head.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Each room below the root of the tree, upstream first, with its purpose. */
export const ROOMS: Readonly<Record<string, string>> = {
  'appliance/model':
    'What everybody speaks of: segments, phases, ledger lines, documents, errors. Types and pure functions.',
  'appliance/model/files': 'Files that two processes share: who writes each, who reads it, and what it holds.',
  'appliance/model/time': 'The clock that is handed in, and times as text.',
  'appliance/model/document': 'Parts of the analysis document; `analysis-document.ts` above joins them.',
  'appliance/model/sentences': 'Facts about a device in plain words, each noun with its meaning.',
  'appliance/model/experiment':
    'Windows of time, the course of a campaign, comparisons: words that ledger, interface and page share.',
  'appliance/config': 'Settings: declared once, loaded with line numbers, drawn as a reference page.',
  'appliance/decode': 'From bytes to facts. Reads at offsets within bounds, never throws on what was captured.',
  'appliance/decode/files': 'Formats of capture files: pcap and pcapng, from pieces of bytes to frames.',
  'appliance/decode/frames': 'From a frame to its transport payload: link, network and transport headers.',
  'appliance/decode/compression':
    'What packs bytes, undone up to a limit: of a damaged or endless stream what could be had.',
  'appliance/decode/packet': 'One packet for a person: found in its file, its layers, the message it is a part of.',
  'appliance/decode/protocols': 'One application protocol a file.',
  'appliance/decode/protocols/quic': 'QUIC and its ancestor: versions, Initial packets, and the form of the others.',
  'appliance/decode/protocols/smart-home': 'Protocols that one maker of smart-home devices invented.',
  'appliance/capture':
    'The process that holds the packet socket and writes the evidence. It waits for nothing downstream.',
  'appliance/capture/engines':
    'What reads packets: tcpdump, node-cap, or a file. Each turns its source into pcap records.',
  'appliance/capture/evidence':
    'The way of a record: to its device, into a segment, into a closed file that can be proved.',
  'appliance/capture/ledger':
    'The signed chain of what happened: how it is written, what a signature covers, how it is verified and exported.',
  'appliance/capture/storage':
    'The card: what lies on it, what makes room for what, when it is synced, and what its errors mean.',
  'appliance/capture/clock': 'What is known about the time, and what follows when somebody sets the clock.',
  'appliance/capture/control': 'What people ask of a running capture, and how it says that it is well.',
  'appliance/geo': 'Where an address is and whom it belongs to, from tables on the machine.',
  'appliance/geo/build': 'Compiles the tables when Weir is built.',
  'appliance/analysis': 'From frames to a document. The analyzer joins the numeric core to the inspectors.',
  'appliance/analysis/packet': 'The numeric core: tables, counters and statistics of the current packet and its flow.',
  'appliance/analysis/packet/payload':
    'Counters over payload bytes of each direction: histograms, windows, traces of what the bytes are.',
  'appliance/analysis/kernel': 'The innermost loops over payload, in WebAssembly; the source is in `assembly/`.',
  'appliance/analysis/inspect': 'What protocols say: streams joined, inspectors called, facts and findings collected.',
  'appliance/analysis/inspect/streams':
    'Messages put together again: TCP segments, datagrams in pieces, bodies in chunks, what was compressed.',
  'appliance/analysis/inspect/fields':
    'Named values in what devices say in the clear: found in JSON, XML and forms, and what their names and values mean.',
  'appliance/analysis/inspect/protocols': 'One inspector a file; `inspectors.ts` above lists them.',
  'appliance/analysis/inspect/protocols/logins':
    'Protocols that a client logs in to: mail, files, databases, directories; what their logins give away.',
  'appliance/analysis/summary': 'What is kept of a part of a capture: it can be added, and its size is bounded.',
  'appliance/analysis/platforms':
    'Which IoT platform a device belongs to: rules as data, four kinds of condition, and what decided.',
  'appliance/analysis/verdict': 'What the payload of a conversation is: encrypted, readable, compressed, or not known.',
  'appliance/analysis/ports': 'What ports and services mean.',
  'appliance/analysis/secrets': 'The secrets that a tester planted, searched for in every encoding.',
  'appliance/analysis/behaviour': 'What a device does over time, and what changed.',
  'appliance/analysis/document': 'The parts of the document that `weir analyze` prints and the page shows.',
  'appliance/store':
    'From closed and open segments to stored sums and figures. Reads what capture wrote, never asks it.',
  'appliance/model/scan':
    'Port scans: their record, sets of ports, what is unlike in two of them, the paper’s Table 2.',
  'appliance/experiment/scan': 'Port scans of captured devices with nmap: asked for, carried out in parts, kept.',
  'appliance/store/tail': 'Follows the ledger and growing segment files.',
  'appliance/store/thread': 'The analysis thread: a fold over the segments of each device, watched, with quarantine.',
  'appliance/store/index': 'The index in LevelDB and files: what changed is written, and it can be rebuilt.',
  'appliance/store/figures': 'What people see: rows, hours, documents and traffic, made when somebody asks.',
  'appliance/reproduce/analyzer': "The published IoT Network Analyzer's counting, quirks included.",
  'appliance/reproduce/paper': 'Wu, Breitinger and Niemann 2021: tables, figures, numbers, and what the paper prints.',
  'appliance/reproduce/amar': 'Amar et al. 2018: volume, time, names, periods, keys.',
  'appliance/reproduce/iotshark': 'IoTShark 2019: its files and metrics.',
  'appliance/reproduce/zeek': "Zeek's logs: connections and what applications say, one row each.",
  'appliance/reproduce/dossier': 'The dossier of a device: one page to print and file.',
  'appliance/reproduce/report': 'Tables, drawings and the one HTML file of a reproduced paper.',
  'appliance/experiment': 'Steering capture from the appliance, and calendar jobs behind the clock guard.',
  'appliance/experiment/registry': 'The registry of devices as files.',
  'appliance/experiment/windows':
    'Windows of time: which the ledger names, which may be marked, what their packets say.',
  'appliance/experiment/campaign':
    'Experiments that run themselves: the file, what is done next, and whether it counts.',
  'appliance/experiment/compare': 'What differs between two selections, and how sure that is: the statistics, pure.',
  'appliance/ap': 'The access point: `weir ap` brings it up, keeps it up, takes it back.',
  'appliance/ap/render': 'From a plan to the texts that hostapd, dnsmasq, nftables and the kernel read.',
  'appliance/ap/machine': 'What is done to the machine, and how it is undone.',
  'appliance/ap/watch': 'What radio, programs and stations say.',
  'appliance/ap/status': 'How the access point is, for everybody else.',
  'appliance/health': 'How the machine is: clock, memory, temperature, inventory.',
  'appliance/health/doctor': 'The check-up: facts collected, checks made of them, a report.',
  'appliance/health/doctor/checks': 'The checks, by area.',
  'appliance/health/doctor/collect': 'Where the facts come from.',
  'appliance/health/doctor/rules': 'Packet filter rules of anybody, and what becomes of a packet in them.',
  'appliance/health/doctor/hardware': 'The checklist for the real machine.',
  'appliance/provision/backup': 'An appliance without its captures in one file, and back again.',
  'appliance/provision/update':
    'A signed package in the place of the installed one, and back where it does not come up.',
  'appliance/provision': 'First boot, and what the boot partition says.',
  'appliance/publish': 'What page, broker and metrics get.',
  'appliance/publish/answers': 'What the API answers, out of the parts of the appliance.',
  'appliance/publish/schemas': 'Shapes of what is published, shared by page, broker and metrics.',
  'appliance/publish/http': 'The web server.',
  'appliance/publish/http/access': 'Who may ask: passwords, sessions, tokens, brakes.',
  'appliance/publish/http/routes': 'The routes, by subject.',
  'appliance/publish/http/tls': 'The page’s own certificate, and both protocols on one port.',
  'appliance/publish/metrics': 'Prometheus.',
  'appliance/publish/mqtt': 'The broker: topics, payloads, Home Assistant, commands.',
  'appliance/publish/notify': 'Notifications to people: webhook, ntfy, syslog, e-mail, the day in plain words.',
  'appliance/pull':
    'The collecting machine’s side: an archive of what appliances recorded, and the proof that it is that.',
  'appliance/pull/tables': 'Hourly rows: declared, made from what came home, written once an hour as Parquet.',
  'appliance/pull/clickhouse':
    'The hourly rows in ClickHouse: tables from the same declarations, loaded once, again after a cut, or followed.',
  'appliance/cli/analyze': '`weir analyze`: a file or folder to one document, as a program of its own.',
  'appliance/cli/reproduce': 'The verbs that reproduce the papers.',
  'appliance/cli/experiment': 'Orders of an experimenter to a running capture.',
  'appliance/proxy':
    'The app proxy: which apps let their TLS be looked into, and what they say. A package of its own, `weir-proxy`.',
  'appliance/proxy/content': 'What accepted apps said, read back from the record as HTTP messages.',
  'appliance/proxy/engine':
    'One connection between app and server: what it begins with, how it is taken apart, when it is let through.',
  'appliance/proxy/fence': 'The firewall rules that lead one device to the proxy, put up and taken down as root.',
  'appliance/proxy/record': 'What a run leaves: rows of connections, TLS secrets, content as a capture.',
  'appliance/proxy/results': 'Answers from what a run left. Files in, tables and files out.',
  'appliance/proxy/verbs': 'The verbs of `weir proxy`.',
  'appliance/cli/files': 'Capture files on disk, read once, also packed ones.',
  'appliance/cli/print': 'How documents and tables reach a terminal or a file.',
  'appliance/cli': 'One verb a file; `verbs.ts` is the table of contents.',
  'appliance/cli/upkeep': 'What keeps an appliance alive for a year: backup, restore, move, forget, update.',
  'appliance/cli/ask': 'The verbs that ask the running appliance and print its answer.',
  'appliance/cli/pull': 'The verbs of the collecting machine.',
  'appliance/cli/compare': 'Two selections of captures against each other.',
};

/** The table of contents of a room, as Markdown. */
export function roomPage(room: string): string {
  const entries = readdirSync(join(ROOT, room), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map(({ name }) => name);
  const rows = names.sort().map((name) => `| \`${name}\` | ${firstSentence(join(ROOT, room, name))} |`);
  const inner = Object.keys(ROOMS).filter(
    (other) => other.startsWith(`${room}/`) && !other.slice(room.length + 1).includes('/'),
  );
  const rooms = inner.map((other) => `| \`${other.slice(room.length + 1)}/\` | ${ROOMS[other]} |`);
  const head = `# ${room}\n\n${ROOMS[room]}\n\nGenerated from the heads of the files by \`node dist/test/reference/main.js\`; a test keeps both alike.\n`;
  return `${head}\n| where | what |\n|---|---|\n${[...rooms, ...rows].join('\n')}\n`;
}

/** Every folder of appliance/ that holds files of its own. */
export function findRooms(folder = 'appliance'): string[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  const inner = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => findRooms(`${folder}/${name}`));
  const isRoom =
    folder !== 'appliance' && entries.some(({ name }) => name.endsWith('.ts')) && !folder.endsWith('/assembly');
  return isRoom ? [folder, ...inner] : inner;
}

function firstSentence(path: string): string {
  const lines = readFileSync(path, 'utf8').split('\n');
  const from = lines[0]?.startsWith('#!') === true ? 1 : 0;
  const end = lines.findIndex((line, i) => i >= from && !line.startsWith('//'));
  const head = lines
    .slice(from, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join(' ');
  return (/^.*?[.:](?=\s+[A-Z`]|\s*$)/.exec(head)?.[0] ?? head).replace(/:$/, '.').replaceAll('|', '\\|');
}
