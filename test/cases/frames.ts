// Makes documents out of packets for the kinds of ../shared/cases, the way `weir analyze` does. Inputs are generated here.

import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Analyzer } from '../../appliance/analysis/analyzer.ts';
import { openTables } from '../../appliance/analysis/document/open-tables.ts';
import { renderDocument } from '../../appliance/analysis/render-document.ts';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import type { AnalysisDocument, DocumentConversation } from '../../appliance/model/analysis-document.ts';
import { type Endpoint, udp } from '../analysis/packets.ts';
import { CORPUS } from '../truth/corpus.ts';

/** Next to the shared captures, where they are. */
const CASES = resolve(CORPUS, '..', 'cases');

/** Reason to skip, or false. */
export const withoutCases: string | false = existsSync(CASES) ? false : `no cases at ${CASES}`;

/** The document of a case by its number. */
export async function caseDocument(number: string, file = 'input.pcap'): Promise<AnalysisDocument> {
  const folder = readdirSync(CASES).find((name) => name.startsWith(`${number}-`)) ?? number;
  return (await analyzeFile(join(CASES, folder, file), 'curated', false)).document;
}

export const DEVICE: Endpoint = { mac: '02:00:00:00:00:21', ip: '10.0.0.21', port: 40_000 };
export const SERVER: Endpoint = { mac: '02:00:00:00:00:01', ip: '52.208.0.1', port: 25_000 };

/** The document of frames, ten milliseconds apart. */
export function documentOf(frames: readonly Uint8Array[]): AnalysisDocument {
  const analyzer = new Analyzer({ owner: null, infra: [] });
  for (const [i, frame] of frames.entries()) {
    const seconds = 1_795_000_000 + Math.floor(i / 100);
    analyzer.frame(frame, 0, frame.length, seconds, (i % 100) * 1e7, frame.length, 1);
  }
  const source = { path: 'made', bytes: 0, sha256: null, format: 'pcap', digits: 9, damage: null } as const;
  return renderDocument(analyzer.summary(), openTables('0').tables, source);
}

export type Said = readonly [from: 'device' | 'server', payload: Uint8Array];

/** The one conversation of datagrams between the device and the server. */
export function datagrams(said: readonly Said[], device = DEVICE, server = SERVER): DocumentConversation {
  const frames = said.map(([from, bytes]) =>
    from === 'device' ? udp(device, server, bytes) : udp(server, device, bytes),
  );
  const conversation = documentOf(frames).conversations[0];
  if (conversation === undefined) throw new TypeError('no conversation came out of these datagrams');
  return conversation;
}
