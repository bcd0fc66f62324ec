// Everything that `weir capture` can be configured with. config/ makes one of these from the configuration file; capture reads it
// once at start and never looks anything up by itself.

import type { FreeFloor } from './free-floor.ts';
import type { Phase } from './phase.ts';

export type EngineName = 'tcpdump' | 'cap' | 'file';

/** `ring`: the oldest unlocked segments make room. `keep`: nothing is evicted; writing stops, counting goes on. */
export type RetentionMode = 'ring' | 'keep';

export interface CaptureSettings {
  readonly dataDir: string;
  readonly interface: string;
  readonly engine: EngineName;
  /** Engine `file`: what to replay, and how fast: as recorded, so many times faster, or as fast as it can be stored. */
  readonly file: string;
  readonly replaySpeed: 'recorded' | 'flat' | number;
  /** A pcap-filter(7) expression; empty takes everything. */
  readonly filter: string;
  /** Kernel ring. Cover in seconds = bytes / (packets per second x (mean packet + 100)); 16 MiB on 1 GB boards. */
  readonly ringKiB: number;
  /** Bytes kept of each frame. 262144 is libpcap's "all", and no jumbo or GRO super-frame is longer. */
  readonly snapLength: number;
  readonly resolution: 'ns' | 'us';
  /** Segments are cut at each full multiple of this since 1970 UTC, by packet time; those of quiet devices see segment-window.ts. */
  readonly segmentSeconds: number;
  readonly segmentBytes: number;
  /** A device that says nothing for so long has its file closed, unless it is a quiet one's. */
  readonly silentSeconds: number;
  readonly syncSecondsIdle: number;
  /** Phases other than `idle` and `unlabelled`. */
  readonly syncSecondsIntensive: number;
  readonly flushMs: number;
  /** Bytes that may wait for the disk, over all devices; beyond it whole records are dropped and counted. */
  readonly queueBytes: number;
  readonly maxDevices: number;
  /** The access point's own MACs, in addition to the capture interface's, which is detected. */
  readonly infra: readonly string[];
  /** Declared by a start without history. */
  readonly phase: Phase;
  /** Most bytes that captures may take; 0 means 80 % of the file system. */
  readonly budgetBytes: number;
  /** Free space that is left alone. */
  readonly floor: FreeFloor;
  readonly freeInodeShare: number;
  /** Handed back to the file system when it is full, so that open segments and the ledger can be closed. */
  readonly ballastBytes: number;
  readonly retentionIdle: RetentionMode;
  readonly retentionIntensive: RetentionMode;
  /** Segments of a device that are never evicted, newest first. */
  readonly keepNewest: number;
  /** Days after which a segment goes, whatever its phase; 0: never for its age. */
  readonly maxAgeDays: number;
  readonly retentionSeconds: number;
  readonly statsSeconds: number;
  readonly clockPollMs: number;
  readonly clockStepMs: number;
  /** Clock and counter lines in the ledger. */
  readonly ledgerSeconds: number;
  readonly respawnMs: number;
  readonly respawnMaxMs: number;
  /** After a disk error: how long until the next attempt, and how long records wait in memory for its success. */
  readonly retryMs: number;
  readonly holdMs: number;
  /** Seconds between self-test frames; 0 sends none. */
  readonly canarySeconds: number;
  readonly version: string;
  readonly configSha256: string;
}

/** What no installation has a reason to set; tests set them to be quicker. */
export const CAPTURE_RHYTHM = {
  /** Four looks a minute at the disk, as the floor is far above what arrives in 15 s. */
  retentionSeconds: 15,
  /** Kernel drop counters are asked for this often; the page shows a loss as soon. */
  statsSeconds: 10,
  /** A step of the clock is found within a second, and is none below a quarter of one (NTP slews that). */
  clockPollMs: 1000,
  clockStepMs: 250,
  ledgerSeconds: 60,
  /** A dead engine comes back at once; one that keeps dying is tried every five seconds. */
  respawnMs: 250,
  respawnMaxMs: 5000,
  /** A card that refuses is tried each second; after ten, what waits in memory is counted as lost. */
  retryMs: 1000,
  holdMs: 10_000,
} as const satisfies Partial<CaptureSettings>;
