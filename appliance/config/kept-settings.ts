// Settings files that were replaced: each is kept next to the one in force, in `kept/`, under the time at which it was replaced, the
// newest twenty. Written by `weir config` and `weir restore`; whole or absent, readable for those who could read the one in force.

import fs from 'node:fs';
import path from 'node:path';
import { readPlainFile } from './plain-file.ts';

/** Settings to go back to; older ones are removed. */
const MAX_KEPT = 20;
/** Settings are read whole into memory. */
const MAX_BYTES = 256 * 1024;
const FOLDER = 'kept';
const STAMP = /^\d{8}T\d{9}Z$/;

export interface KeptSettings {
  /** Its name for `weir config restore`: when it was replaced, UTC. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** Newest first. */
export function listKept(config: string): KeptSettings[] {
  const folder = path.join(path.dirname(config), FOLDER);
  const prefix = `${path.basename(config)}.`;
  if (!fs.existsSync(folder)) return [];
  const names = fs
    .readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && STAMP.test(name.slice(prefix.length)));
  return names
    .toSorted()
    .toReversed()
    .map((name) => {
      const file = path.join(folder, name);
      return { name: name.slice(prefix.length), path: file, bytes: fs.lstatSync(file).size };
    });
}

/**
 * Puts `text` in force at `config`; where there were other settings, they are kept, and the name is answered under which. Null: there were
 * none, or the same. @throws the system's error; then the old ones are in force.
 */
export function replaceSettings(config: string, text: string, nowMs: number): string | null {
  const before = readPlainFile(config, MAX_BYTES);
  if (before === text) return null;
  const like = before === undefined ? fs.statSync(path.dirname(config)) : fs.statSync(config);
  const mode = before === undefined ? 0o640 : like.mode & 0o777;
  const access: Access = { mode, uid: before === undefined ? (process.geteuid?.() ?? 0) : like.uid, gid: like.gid };
  const kept = before === undefined ? null : keep(config, before, access, nowMs);
  writeWhole(config, text, access);
  return kept;
}

interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

function keep(config: string, text: string, access: Access, nowMs: number): string {
  const folder = path.join(path.dirname(config), FOLDER);
  fs.mkdirSync(folder, { recursive: true, mode: 0o750 });
  // Names grow, though two may come in one millisecond and the clock of a Pi may be set back.
  const newest = listKept(config)[0];
  const at = newest === undefined ? nowMs : Math.max(nowMs, stampMs(newest.name) + 1);
  writeWhole(keptPath(config, at), text, access);
  for (const old of listKept(config).slice(MAX_KEPT)) fs.rmSync(old.path, { force: true });
  return stamp(at);
}

function keptPath(config: string, ms: number): string {
  return path.join(path.dirname(config), FOLDER, `${path.basename(config)}.${stamp(ms)}`);
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:.]/g, '');
}

function stampMs(name: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(name) ?? [];
  const [year = 0, month = 1, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

/** Temporary file, fsync, rename, fsync of the folder. A link in the place of the temporary file is not followed. */
function writeWhole(file: string, text: string, { mode, uid, gid }: Access): void {
  const temporary = `${file}.new`;
  fs.rmSync(temporary, { force: true });
  const fd = fs.openSync(temporary, 'wx', 0o600);
  try {
    fs.writeFileSync(fd, text);
    if (process.geteuid?.() === 0) fs.fchownSync(fd, uid, gid);
    fs.fchmodSync(fd, mode);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(temporary, file);
  const folder = fs.openSync(path.dirname(file), 'r');
  fs.fsyncSync(folder);
  fs.closeSync(folder);
}
