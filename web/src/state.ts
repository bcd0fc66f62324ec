// What the page knows of the appliance, as signals. `feed.ts` fills them; views read them.

import { computed, signal } from '@preact/signals';
import { lateAnswers } from './api/late.ts';
import type {
  DeviceRow,
  FindingRow,
  RecordingResponse,
  StatusResponse,
  TrafficSecond,
  WindowsResponse,
} from './api/types.ts';
import { coalescedCounter } from './coalesce.ts';

/** `unknown` until the appliance has answered once; `unclaimed` while it has no password. */
export const access = signal<'unknown' | 'unclaimed' | 'closed' | 'open'>('unknown');

export const status = signal<StatusResponse | undefined>(undefined);
/** When the newest status came, by this computer's clock in milliseconds; 0 before the first. */
export const statusAt = signal(0);
export const devices = signal<readonly DeviceRow[] | undefined>(undefined);

/** When was recorded and when not; undefined until it was heard, and then nothing is claimed of it. */
export const recording = signal<RecordingResponse | undefined>(undefined);

/** Phases, tags, notes, gaps and steps of the clock, also those that ended: what every time axis shows next to its figures. */
export const windows = signal<WindowsResponse['windows']>([]);

/** The last seconds of all devices together, oldest first. */
export const traffic = signal<readonly TrafficSecond[]>([]);

/** A file is replayed: its packets have times of their own, which are neither now nor the ledger's. */
export const isReplayed = computed(() => status.value?.capture?.engine === 'file');

/** Rise by one when the appliance says that segments or phases changed; lists load again then. */
export const segmentChanges = coalescedCounter();
export const phaseChanges = coalescedCounter();

/** Findings that changed since the page was connected, by id; null for one that ended. Rebuilding the whole list costs the
 * appliance a second, so the view loads it once and lays these over it. */
export const changedFindings = signal<ReadonlyMap<string, FindingRow | null>>(new Map());

/** How often the event stream was opened again: what was missed in between is loaded again. */
export const connections = signal(0);

export interface Link {
  readonly state: 'connecting' | 'live' | 'lost';
  /** When the next attempt is made, in milliseconds since 1970. */
  readonly retryAt: number;
  /** When the appliance was last heard, in milliseconds since 1970; 0 for never. */
  readonly heardAt: number;
}
export const link = signal<Link>({ state: 'connecting', retryAt: 0, heardAt: 0 });

/** What the view that is shown asked for and waits for. */
export const late = lateAnswers();

/** Read aloud by screen readers as it changes. */
export const announcement = signal('');

const devicesById = computed(() => new Map((devices.value ?? []).map((device) => [device.id, device])));

/** By id (`aabbcc000102`) or MAC. */
export function findDevice(idOrMac: string): DeviceRow | undefined {
  return devicesById.value.get(idOrMac.replaceAll(':', ''));
}

const devicesByIp = computed(
  () => new Map((devices.value ?? []).flatMap((device) => device.ips.map((ip) => [ip, device] as const))),
);

export function findDeviceByIp(ip: string): DeviceRow | undefined {
  return devicesByIp.value.get(ip);
}

export function forgetEverything(): void {
  link.value = { state: 'connecting', retryAt: 0, heardAt: 0 };
  status.value = undefined;
  devices.value = undefined;
  recording.value = undefined;
  windows.value = [];
  traffic.value = [];
  changedFindings.value = new Map();
}
