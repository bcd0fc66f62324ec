// The archive's folder: what lies where, which host was which appliance, and who writes at this moment. Everything that was fetched
// is below `sites/<fingerprint of the evidence key>/`; the hourly rows of all sites are in `v1/`.

import fs, { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../capture/storage/disk.ts';
import { writeDurably } from '../capture/storage/durable-file.ts';
import { readRegularJson } from '../capture/storage/regular-file.ts';
import { systemCode, toError, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { writeOwn } from './own-file.ts';
import { takeLock } from './process-lock.ts';

/** Of the list of hosts, the archive's mark and a site's record; a larger file is taken for none. */
const MAX_BYTES = 4 * 1024 * 1024;
const SITE = /^[0-9a-f]{64}$/;

/** The list of hosts is locked for a moment only. */
const HOSTS_WAIT_MS = 10_000;
const HOSTS_PAUSE_MS = 10;

/** How a host proves itself, and which appliance it is. */
export interface KnownHost {
  /** SHA-256 of the page's public key, hexadecimal: pinned at the first use. */
  readonly page_key: string;
  /** Fingerprint of the evidence key; null until the first pull that got so far. */
  readonly site: string | null;
}

/** What the archive knows of one appliance in addition to its evidence. */
export interface SiteRecord {
  readonly schema: 'weir.site/1';
  readonly site: string;
  readonly appliance: string;
  readonly version: string;
  readonly host: string;
  /** ISO 8601; null before the first. */
  readonly last_pull: string | null;
  readonly last_refusal: { readonly ts: string; readonly why: string } | null;
}

export class Archive {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder where there is none. @throws WeirError ARCHIVE_INVALID for a folder that holds something else. */
  static async open(folder: string, mayMake: boolean): Promise<Archive> {
    // Listed first: a process that makes an archive at this moment writes the mark before anything else.
    const names = listed(folder);
    const mark = join(folder, 'archive.json');
    const found = readRegularJson(mark, MAX_BYTES);
    if (found?.['schema'] === 'weir.archive/1') return new Archive(folder);
    const isStrange = names?.some((name) => !name.startsWith('archive.json.')) ?? false;
    if (found !== undefined || isStrange || !mayMake) {
      const message = `${printable(folder)} is no archive of \`weir pull\`${found === undefined ? '' : ' that this version reads'}; nothing was done. Name an archive${mayMake ? ', or a folder that is empty or not there yet' : ''}.`;
      throw new WeirError('ARCHIVE_INVALID', message);
    }
    try {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      writeWhole(mark, `${JSON.stringify({ schema: 'weir.archive/1' })}\n`);
      mkdirSync(join(folder, 'sites'), { recursive: true, mode: 0o750 });
    } catch (thrown) {
      const message = `${printable(folder)} cannot be made (${toError(thrown).message}); nothing was fetched. Check the owner of the folder above it.`;
      throw new WeirError('DATA_UNWRITABLE', message, { cause: thrown });
    }
    return new Archive(folder);
  }

  siteFolder(site: string): string {
    if (!SITE.test(site)) throw new TypeError('no fingerprint');
    return join(this.folder, 'sites', site);
  }

  /** Fingerprints, sorted. */
  sites(): string[] {
    return (listed(join(this.folder, 'sites')) ?? []).filter((name) => SITE.test(name)).toSorted();
  }

  /** By `host:port`. @throws WeirError ARCHIVE_INVALID: a damaged list is not taken for an empty one, which pins no key. */
  hosts(): Record<string, KnownHost> {
    const file = join(this.folder, 'hosts.json');
    const found = readRegularJson(file, MAX_BYTES);
    if (found === undefined && fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined)
      throw new WeirError(
        'ARCHIVE_INVALID',
        `${file} is damaged, so no appliance’s public key is known; nothing was done. Restore it, or remove it and pass --fingerprint at the next pull.`,
      );
    return { ...(found as Record<string, KnownHost> | undefined) };
  }

  /**
   * Each pull writes only its own entry, of this process or another. `mayReplace`: somebody gave the page's key. @throws WeirError
   * SITE_REFUSED where another pull pinned another key since this one looked; ALREADY_RUNNING.
   */
  rememberHost(host: string, known: KnownHost, mayReplace = true): void {
    const same = this.hosts()[host];
    if (same?.page_key === known.page_key && same.site === known.site) return;
    const unlock = this.#lockHosts();
    try {
      const before = this.hosts();
      const pinned = before[host]?.page_key;
      if (!mayReplace && pinned !== undefined && pinned !== known.page_key)
        throw new WeirError(
          'SITE_REFUSED',
          `another pull has just noted the public key ${pinned} of this page, and this one saw ${known.page_key}: compare the fingerprint on its page or console and pass it with --fingerprint`,
        );
      writeWhole(join(this.folder, 'hosts.json'), `${JSON.stringify({ ...before, [host]: known }, null, 1)}\n`);
    } finally {
      unlock();
    }
  }

  /** Held for a read and a write; another holder is waited for. */
  #lockHosts(): () => void {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; ; waited += HOSTS_PAUSE_MS) {
      const taken = takeLock(join(this.folder, 'hosts.lock'));
      if ('unlock' in taken) return taken.unlock;
      if (waited >= HOSTS_WAIT_MS)
        throw new WeirError(
          'ALREADY_RUNNING',
          `process ${taken.owner} has held ${join(this.folder, 'hosts.lock')} for ${HOSTS_WAIT_MS / 1000} s; nothing was fetched. Wait for it, or end it.`,
        );
      Atomics.wait(pause, 0, 0, HOSTS_PAUSE_MS);
    }
  }

  record(site: string): SiteRecord | undefined {
    const found = readRegularJson(join(this.siteFolder(site), 'site.json'), MAX_BYTES);
    return found?.['schema'] === 'weir.site/1' ? (found as unknown as SiteRecord) : undefined;
  }

  async writeRecord(record: SiteRecord): Promise<void> {
    const text = `${JSON.stringify(record, null, 1)}\n`;
    await writeDurably(nodeDisk, join(this.siteFolder(record.site), 'site.json'), text);
  }

  /**
   * One pull or compaction of a site at a time, regardless of who started it. The answer gives it back. `said` hears of a lock that
   * was taken over. @throws WeirError ALREADY_RUNNING.
   */
  lock(site: string, said: (message: string) => void = () => undefined): () => void {
    const folder = this.siteFolder(site);
    mkdirSync(folder, { recursive: true, mode: 0o750 });
    const taken = takeLock(join(folder, 'pull.lock'));
    if (!('unlock' in taken)) {
      const message = `${site.slice(0, 16)}: process ${taken.owner} fetches from this appliance already; nothing was done. Wait for it, or end it.`;
      throw new WeirError('ALREADY_RUNNING', message);
    }
    if (taken.goneOwner !== undefined)
      said(`${site.slice(0, 16)}: process ${taken.goneOwner} ended without giving its lock back; it was taken over.`);
    return taken.unlock;
  }
}

/** Two processes may write at once; the later one is what stays. */
function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeOwn(temporary, text);
  fs.renameSync(temporary, file);
}

function listed(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    const message = `${printable(folder)} cannot be read (${toError(thrown).message}); nothing was done.`;
    throw new WeirError('FILE_UNREADABLE', message, { cause: thrown });
  }
}
