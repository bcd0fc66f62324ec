// What can be wrong with card and data folder: `../checks.test.ts` makes these faults one by one.

import { seen } from '../../../../appliance/health/doctor/look.ts';
import { storage } from '../changes.ts';
import type { Fault } from './fault.ts';

const GIB = 1024 ** 3;

export const STORAGE_FAULTS: readonly Fault[] = [
  {
    what: 'a card that the kernel set read-only',
    change: storage({
      mount: seen({ point: '/var/lib/weir', type: 'ext4', source: '/dev/mmcblk0p3', readOnly: true }),
      refusal: 'read-only file system',
    }),
    check: 'read-only',
    verdict: 'fail',
  },
  {
    what: "a data folder of root's",
    change: storage({ owner: 'root' }),
    check: 'data-folder',
    verdict: 'fail',
    fix: /chown -R weir-capture:weir/,
  },
  {
    what: 'a data folder elsewhere that may not be written',
    change: storage({ dir: '/mnt/x', owner: 'nobody', rightOwner: '', refusal: 'this user may not write there' }),
    check: 'data-folder',
    verdict: 'fail',
  },
  {
    what: 'a data folder that cannot be made',
    change: storage({ exists: false, owner: '', refusal: 'this user may not write there' }),
    check: 'data-folder',
    verdict: 'fail',
  },
  {
    what: 'a large disk that something else filled to below the share that stays free',
    change: storage({ space: seen({ totalBytes: 100e9, freeBytes: 5e9, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-space',
    verdict: 'warn',
  },
  {
    what: 'a card of 1 GiB',
    change: storage({ space: seen({ totalBytes: GIB, freeBytes: GIB / 2, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-size',
    verdict: 'fail',
  },
  {
    what: 'a card of 3 GiB',
    change: storage({ space: seen({ totalBytes: 3 * GIB, freeBytes: 2 * GIB, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-size',
    verdict: 'warn',
  },
  {
    what: 'a full card',
    change: storage({ space: seen({ totalBytes: 58 * GIB, freeBytes: GIB / 2, inodes: 1000, freeInodes: 900 }) }),
    check: 'card-space',
    verdict: 'warn',
  },
  {
    what: 'no inodes',
    change: storage({ space: seen({ totalBytes: 58 * GIB, freeBytes: 40 * GIB, inodes: 1000, freeInodes: 50 }) }),
    check: 'inodes',
    verdict: 'fail',
  },
  {
    what: 'a slow card',
    change: storage({ speed: seen({ writtenBytes: 1, bytesPerSecond: 4e6, worstSyncMs: 40, medianSyncMs: 9 }) }),
    check: 'card-speed',
    verdict: 'warn',
  },
  {
    what: 'a card that stalls',
    change: storage({ speed: seen({ writtenBytes: 1, bytesPerSecond: 4e7, worstSyncMs: 1400, medianSyncMs: 9 }) }),
    check: 'card-speed',
    verdict: 'warn',
  },
  {
    what: 'a card that hardly writes',
    change: storage({ speed: seen({ writtenBytes: 1, bytesPerSecond: 4e5, worstSyncMs: 40, medianSyncMs: 9 }) }),
    check: 'card-speed',
    verdict: 'fail',
  },
];
