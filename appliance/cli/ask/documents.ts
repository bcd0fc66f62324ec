// weir destinations, ports, sessions: parts of the analysis document of one device or of all together.

import type { Command } from 'commander';
import type { AnalysisDocument, DocumentConversation } from '../../model/analysis-document.ts';
import { ANYCAST_WORD } from '../../model/place-word.ts';
import { bytesText } from '../../model/quantity.ts';
import type { RevisedDocument } from '../../publish/http/revised-document.ts';
import { type AskOptions, addressOf, localOptions, printRows } from './print-rows.ts';

interface Part {
  readonly verb: string;
  readonly description: string;
  readonly head: readonly string[];
  readonly rows: (document: AnalysisDocument) => readonly (readonly string[])[];
  readonly json: (document: AnalysisDocument) => object;
}

const PARTS: readonly Part[] = [
  {
    verb: 'destinations',
    description: 'Whom the devices talk to on the Internet, by bytes.',
    head: ['destination', 'address', 'country', 'owner', 'sent', 'received', 'devices'],
    json: ({ destinations }) => ({ destinations }),
    rows: ({ destinations }) =>
      destinations
        .toSorted((a, b) => b.bytes_up + b.bytes_down - a.bytes_up - a.bytes_down)
        .map(({ names, ip, country, org, bytes_up, bytes_down, devices }) => [
          names[0]?.name ?? '-',
          ip,
          country ?? ANYCAST_WORD,
          org ?? 'unknown',
          bytesText(bytes_up),
          bytesText(bytes_down),
          String(devices.length),
        ]),
  },
  {
    verb: 'ports',
    description: 'Which ports occur, by packets.',
    head: ['port', 'service', 'secure', 'as source', 'as destination', 'packets'],
    json: ({ port_occurrences }) => ({ ports: port_occurrences }),
    rows: ({ port_occurrences }) =>
      port_occurrences
        .toSorted((a, b) => b.total - a.total)
        .map(({ proto, port, service, secure, as_source, as_destination, total }) => [
          `${proto} ${port}`,
          service ?? '-',
          secure ? 'yes' : 'no',
          String(as_source),
          String(as_destination),
          String(total),
        ]),
  },
  {
    verb: 'sessions',
    description: 'Conversations with their verdicts, by bytes: sessions are their parts between an hour of silence.',
    head: ['from', 'to', 'name', 'service', 'bytes', 'sessions', 'entropy', 'verdict'],
    json: ({ conversations }) => ({ conversations }),
    rows: ({ conversations }) => conversations.toSorted((a, b) => bytesOf(b) - bytesOf(a)).map(conversationCells),
  },
];

function bytesOf({ bytes_ab, bytes_ba }: DocumentConversation): number {
  return bytes_ab + bytes_ba;
}

function conversationCells(one: DocumentConversation): readonly string[] {
  const { proto, a_ip, a_port, b_ip, b_port, names, service, sessions, H, verdict } = one;
  const name = names[0]?.name ?? '-';
  const entropy = H === null ? 'none' : H.toFixed(3);
  return [
    `${a_ip}:${a_port}`,
    `${b_ip}:${b_port}`,
    name,
    service ?? proto,
    bytesText(bytesOf(one)),
    String(sessions),
    entropy,
    verdict,
  ];
}

export function declareDocuments(weir: Command): void {
  for (const part of PARTS) {
    localOptions(weir.command(part.verb))
      .description(part.description)
      .option('-d, --device <device>', 'only of this device')
      .option('-p, --phase <phase>', 'only of this phase')
      .action((options: AskOptions) => run(part, options));
  }
}

async function run(part: Part, options: AskOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const { device, phase } = options;
  const path = device === undefined ? '/api/v1/summary' : `/api/v1/devices/${encodeURIComponent(device)}`;
  const document = await askAppliance<RevisedDocument>(options, 'GET', addressOf(path, { phase }));
  const { revision, made_with } = document;
  await printRows(
    options,
    { ...part.json(document), revision, made_with },
    part.head,
    part.rows(document),
    'nothing yet',
  );
}
