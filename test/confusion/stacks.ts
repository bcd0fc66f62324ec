// Traffic of real stacks (OpenSSL, curl with nghttp2, mosquitto, mqtt.js, ffmpeg, ngtcp2, Node) for the confusion next to tshark.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface StackLine {
  readonly name: string;
  readonly proto: 'tcp' | 'udp';
  /** Of the server. */
  readonly port: number;
  /** Tools, or time, that are not here: then it did not take place. */
  readonly missing: readonly string[];
}

const GUEST = fileURLToPath(new URL('stacks-guest.js', import.meta.url));
const NEEDED = ['unshare', 'ip', 'dumpcap', 'openssl', 'tshark'];

function works(program: string, ...words: string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore' }).status === 0;
}

/** Root needs no users of its own; others do, where the system lets them. */
function entrance(): readonly string[] | undefined {
  return [['--net'], ['--user', '--map-root-user', '--net']].find((words) => works('unshare', ...words, 'true'));
}

/** Why none can be made; false where it can. */
export function withoutStacks(): string | false {
  const missing = NEEDED.filter((program) => !works('sh', '-c', `command -v ${program}`));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return entrance() === undefined ? 'no network namespaces here' : false;
}

/** Runs all of them into `FOLDER/stacks.pcap`. */
export function runStacks(folder: string): StackLine[] {
  const words = [...(entrance() ?? []), process.execPath, GUEST, folder];
  const done = spawnSync('unshare', words, { encoding: 'utf8', timeout: 540_000 });
  if (done.status !== 0) throw new Error(`the stacks stopped with ${done.status}: ${done.stderr.slice(-2000)}`);
  const lines = done.stdout.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as StackLine);
}
