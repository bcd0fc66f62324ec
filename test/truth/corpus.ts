// Finds the shared captures and their truth, which are never part of the repository. Tests skip loudly without them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

/** `../shared/captures` next to the repository, or where WEIR_CAPTURES says. */
export const CORPUS = resolve(process.env['WEIR_CAPTURES'] ?? join(ROOT, '..', 'shared', 'captures'));

/** Reason to skip, or false. */
export const withoutCorpus: string | false = existsSync(join(CORPUS, 'truth'))
  ? false
  : `no captures at ${CORPUS}: set WEIR_CAPTURES to the folder that holds truth/`;

export interface TruthFile {
  /** `iot-setup/Withings_Setup-C-1.pcap`. */
  readonly name: string;
  readonly capture: string;
  readonly truth: Truth;
  /** Rows of sessions.csv by column name; empty where that reader had nothing. */
  readonly sessions: readonly Readonly<Record<string, string>>[];
}

type Counts = Readonly<Record<string, number>>;

export interface Truth {
  readonly packets: number;
  readonly frame_bytes: number;
  readonly captured_bytes: number;
  readonly first_ts?: string;
  readonly last_ts?: string;
  readonly timestamps_non_monotonic: number;
  readonly macs: Readonly<Record<string, { src_pkts: number; src_bytes: number; dst_pkts: number; dst_bytes: number }>>;
  readonly mac_ips: Readonly<Record<string, readonly string[]>>;
  readonly ip_next_protocol: Readonly<Record<string, { pkts: number; bytes: number }>>;
  readonly protocols: Counts;
  readonly dst_ports_tcp: Counts;
  readonly dst_ports_udp: Counts;
  readonly conversations_total: number;
  readonly conversations: readonly (readonly [
    string,
    string,
    number,
    string,
    number,
    number,
    number,
    number,
    number,
  ])[];
  readonly [key: string]: unknown;
}

export function readTruth(folders: readonly string[]): TruthFile[] {
  return folders.flatMap((folder) => {
    const path = join(CORPUS, 'truth', folder);
    if (!existsSync(path)) return [];
    return readdirSync(path)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => readOne(folder, file.slice(0, -5)));
  });
}

function readOne(folder: string, file: string): TruthFile {
  const base = join(CORPUS, 'truth', folder, file);
  const sessions = `${base}.sessions.csv`;
  return {
    name: `${folder}/${file}`,
    capture: join(CORPUS, folder, file),
    truth: JSON.parse(readFileSync(`${base}.json`, 'utf8')) as Truth,
    sessions: existsSync(sessions) ? readCsv(sessions) : [],
  };
}

/** No quotes in these files. */
function readCsv(path: string): Record<string, string>[] {
  const [head = '', ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
  const names = head.trim().split(',');
  return lines.map((line) =>
    Object.fromEntries(
      line
        .trim()
        .split(',')
        .map((cell, i) => [names[i] ?? '', cell]),
    ),
  );
}
