// The data folder: may be written, is large and fast enough.

import { floorBytes, freeFloor } from '../../../model/free-floor.ts';
import { bytesText } from '../../../model/quantity.ts';
import { type Check, fail, known, notApplicable, ok, unknown, warn } from '../outcome.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** A day of a home with video is 2 to 20 GiB; below this not even a quiet one fits for a week. */
const SMALL_BYTES = 4 * GIB;
/** What has to be left for evidence in addition to the reserve. */
const LEAST_ROOM_BYTES = 256 * MIB;
/** 10,000 packets/s of 750 bytes: what the ring of capture covers for 4 s. The slowest class of card promises 10 MB/s. */
const SLOW_BYTES_PER_SECOND = 7_500_000;
const CRAWLING_BYTES_PER_SECOND = 1_000_000;
/** Capture syncs every 2 s in intensive phases. */
const SLOW_SYNC_MS = 1000;

const readOnly: Check = {
  id: 'read-only',
  area: 'storage',
  title: 'The file system of the data folder takes writes',
  means: 'Nothing can be recorded. A card that failed is set read-only by the kernel.',
  fix: 'mount -o remount,rw the named mount point; if the kernel log (dmesg) reports I/O errors, replace the card.',
  look: ({ storage: { mount } }) =>
    known(mount, ({ point, type, readOnly: isReadOnly }) =>
      isReadOnly ? fail(`${point} (${type}) is mounted read-only`) : ok(`${point} (${type})`),
    ),
};

const dataFolder: Check = {
  id: 'data-folder',
  area: 'storage',
  title: 'The data folder is there and may be written',
  means: 'Capture does not start, or counts every packet as lost.',
  fix: 'Make it and give it to capture: install -d -o weir-capture -g weir -m 2750 DIR, with DIR as in data.dir.',
  look: ({ isRoot, storage: { dir, exists, owner, rightOwner, refusal, mount } }) => {
    // Said by the check before; naming it twice would look like two faults.
    if ('value' in mount && mount.value.readOnly) return notApplicable('its file system is read-only');
    if (exists && rightOwner !== '' && owner !== rightOwner) {
      const fix = `chown -R ${rightOwner}:weir ${dir} && systemd-tmpfiles --create (index and access belong to weir)`;
      return fail(`${dir} belongs to ${owner}, not to ${rightOwner}`, { fix });
    }
    if (exists && rightOwner !== '') return ok(`${dir}, owner ${owner}`);
    // The asking user need not be the capturing one.
    if (refusal !== '' && !isRoot) return unknown(`${refusal}; root can check whether capture may`);
    if (refusal !== '') return fail(`${dir} ${exists ? 'cannot be written' : 'cannot be made'}: ${refusal}`);
    return ok(exists ? `${dir}, owner ${owner}` : `${dir} will be made at the first start`);
  },
};

const cardSize: Check = {
  id: 'card-size',
  area: 'storage',
  title: 'The card is large enough',
  means: 'The oldest idle captures are soon deleted, and intensive ones stop being stored.',
  fix: 'Use a card or USB disk of 32 GB or more, or lower retention.free_bytes and retention.free_percent.',
  look: ({ storage: { space, dir }, settings: { config } }) =>
    known(space, ({ totalBytes }) => {
      const reserve = floorBytes(freeFloor(config.retention), totalBytes);
      const summary = `${dir}: ${bytesText(totalBytes)} in all, ${bytesText(reserve)} kept free`;
      if (totalBytes < reserve + config.retention.ballast_bytes + LEAST_ROOM_BYTES)
        return fail(`${summary}: no room for captures`);
      return totalBytes < SMALL_BYTES ? warn(summary) : ok(summary);
    }),
};

const cardSpace: Check = {
  id: 'card-space',
  area: 'storage',
  title: 'There is room left',
  means: 'Retention deletes the oldest idle captures; tagged and intensive ones are never deleted, so storing stops.',
  fix: 'Export and delete captures, or move data.dir to a larger disk.',
  look: ({ storage: { space }, settings: { config } }) =>
    known(space, ({ totalBytes, freeBytes }) => {
      const reserve = floorBytes(freeFloor(config.retention), totalBytes);
      const ballast = config.retention.ballast_bytes;
      const summary = `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free`;
      // A card that never had the room is the check before.
      if (totalBytes < reserve + ballast + LEAST_ROOM_BYTES) return notApplicable('the card is too small anyway');
      return freeBytes < reserve ? warn(`${summary}, less than the reserve of ${bytesText(reserve)}`) : ok(summary);
    }),
};

const inodes: Check = {
  id: 'inodes',
  area: 'storage',
  title: 'There are inodes left',
  means: 'No new file can be made although there is space: each segment takes two.',
  fix: 'Delete what filled the file system with small files (`df -i`), or recreate it with more inodes (mkfs.ext4 -i 16384).',
  look: ({ storage: { space }, settings: { config } }) =>
    known(space, ({ inodes: all, freeInodes }) => {
      if (all === 0) return notApplicable('this file system has no fixed number');
      const percent = (freeInodes / all) * 100;
      const summary = `${percent.toFixed(0)} % of ${all.toLocaleString('en-GB')} free`;
      return percent < config.retention.free_inodes_percent ? fail(summary) : ok(summary);
    }),
};

const cardSpeed: Check = {
  id: 'card-speed',
  area: 'storage',
  title: 'The card is fast enough',
  means: 'At high packet rates packets wait in memory; beyond capture.queue_bytes they are dropped and counted.',
  fix: 'Use a card of class A1/V30 or better ("high endurance"), or a USB disk.',
  look: ({ storage: { speed } }) =>
    known(speed, ({ bytesPerSecond, worstSyncMs, medianSyncMs, writtenBytes }) => {
      const summary = `${bytesText(Math.round(bytesPerSecond))}/s, sync ${medianSyncMs.toFixed(1)} ms, worst ${worstSyncMs.toFixed(1)} ms (${bytesText(writtenBytes)} written to find out)`;
      if (bytesPerSecond < CRAWLING_BYTES_PER_SECOND) return fail(summary);
      return bytesPerSecond < SLOW_BYTES_PER_SECOND || worstSyncMs > SLOW_SYNC_MS ? warn(summary) : ok(summary);
    }),
};

export const STORAGE_CHECKS: readonly Check[] = [readOnly, dataFolder, cardSize, cardSpace, inodes, cardSpeed];
