// What tshark dissects in each conversation of the shared captures next to the verdict on it. tshark shares no code with us.

import { basename, join } from 'node:path';
import { analyzeFile } from '../../appliance/cli/analyze/analyze-file.ts';
import type { DocumentConversation, Verdict } from '../../appliance/model/analysis-document.ts';
import { keyOf, type Label, labelFor, protocolsOf } from '../analysis/labelled/tshark-labels.ts';
import { listCaptures } from '../hashes/outputs.ts';
import { CORPUS } from '../truth/corpus.ts';

export interface Judged {
  readonly file: string;
  /** The protocol by which tshark knows the conversation, `unknown` where it dissects nothing. */
  readonly protocol: string;
  readonly encrypted: boolean;
  readonly label: Label;
  readonly conversation: DocumentConversation;
}

/** Encrypted by their own grammar, strongest first. */
const ENCRYPTED = ['tls', 'dtls', 'quic', 'gquic', 'ssh', 'wg', 'isakmp', 'esp', 'openvpn', 'srtp'];
/** Layers that say nothing about what is carried. */
const NO_PROTOCOL: ReadonlySet<string> = new Set([
  'data',
  'segments',
  'tcp.segments',
  '_ws.malformed',
  '_ws.short',
  '_ws.unreassembled',
  'media',
  'ip',
  'eth',
  'data-text-lines',
  'x509sat',
  'x509ce',
  'pkix1explicit',
  'pkix1implicit',
]);

/** Judged conversations with payload of one capture. @throws Error when one of the two cannot read the file at all */
export async function judgeFile(path: string, name = basename(path)): Promise<Judged[]> {
  const dissected = protocolsOf(path);
  const { document } = await analyzeFile(path, 'curated', false);
  return document.conversations.flatMap((conversation) => {
    const { proto, a_ip, a_port, b_ip, b_port, verdict } = conversation;
    const layers = dissected.get(keyOf(proto, a_ip, a_port, b_ip, b_port));
    return layers === undefined || verdict === 'no_payload'
      ? []
      : [{ file: name, ...nameOf(layers), label: labelFor(layers), conversation }];
  });
}

function nameOf(layers: ReadonlySet<string>): Pick<Judged, 'protocol' | 'encrypted'> {
  const sealed = ENCRYPTED.find((name) => layers.has(name));
  const plain = [...layers].find((name) => !NO_PROTOCOL.has(name));
  return { protocol: sealed ?? plain ?? 'unknown', encrypted: sealed !== undefined };
}

/** All captures; what cannot be read is reported and left out. */
export async function judgeCorpus(reported: (text: string) => void): Promise<Judged[]> {
  const all: Judged[] = [];
  for (const name of listCaptures()) {
    try {
      all.push(...(await judgeFile(join(CORPUS, name), name)));
    } catch (thrown) {
      reported(`${name}: left out, ${thrown instanceof Error ? thrown.message.split('\n')[0] : 'unreadable'}`);
    }
  }
  return all;
}

function says(...verdicts: Verdict[]): (judged: Judged) => boolean {
  return ({ conversation }) => verdicts.includes(conversation.verdict);
}

const PROTECTED = says('encrypted', 'upgraded');
const READABLE = says('cleartext', 'compressed-in-clear', 'encoded');
const SILENT = says('undetermined', 'insufficient');

/** From here a conversation has enough bytes to say something about it. */
export const MUCH = 1024;

export function isMuch({ conversation }: Judged): boolean {
  return conversation.payload_ab + conversation.payload_ba >= MUCH;
}

export interface Faults {
  readonly falselyEncrypted: readonly Judged[];
  readonly calledReadable: readonly Judged[];
  readonly calledOpaque: readonly Judged[];
  /** Of those with MUCH payload. */
  readonly opaque: readonly Judged[];
  readonly silent: readonly Judged[];
}

export function faultsOf(all: readonly Judged[]): Faults {
  const much = all.filter(isMuch);
  return {
    falselyEncrypted: all.filter((one) => !one.encrypted && one.protocol !== 'unknown' && PROTECTED(one)),
    calledReadable: all.filter((one) => one.encrypted && READABLE(one)),
    calledOpaque: all.filter((one) => one.encrypted && says('opaque')(one)),
    opaque: much.filter(says('opaque')),
    silent: much.filter(SILENT),
  };
}

export function describe({ file, protocol, conversation: c }: Judged): string {
  const ends = `${c.proto} ${c.a_ip}:${c.a_port} > ${c.b_ip}:${c.b_port}`;
  return `${file}: ${protocol} ${ends}, ${c.payload_ab + c.payload_ba} bytes: ${c.verdict}, ${c.verdict_reason}`;
}
