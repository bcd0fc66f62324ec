// Load, memory, temperature, throttling, disk: read straight from the kernel's files every few seconds. (systeminformation
// starts dozens of processes for the same; inventory.ts asks it once an hour for what does not change.)

import { readFile, statfs } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { orElse, UNREADABLE } from '../model/expected-error.ts';

export interface MachineSample {
  readonly ts: string;
  readonly load: number[];
  readonly cpu_busy: number | null;
  readonly memory_total_bytes: number | null;
  readonly memory_available_bytes: number | null;
  readonly temperature_celsius: number | null;
  readonly throttled: string[] | null;
  readonly disk_total_bytes: number | null;
  readonly disk_free_bytes: number | null;
  readonly inodes_free: number | null;
  readonly uptime_seconds: number | null;
}

/** Where the kernel provides it; another folder in tests. */
export interface KernelPaths {
  readonly proc: string;
  readonly sys: string;
}

export const KERNEL_PATHS: KernelPaths = { proc: '/proc', sys: '/sys' };

/** Raspberry Pi firmware, bits of `get_throttled` (documentation of vcgencmd): what is true now. */
const THROTTLED = [
  [0x1, 'under-voltage'],
  [0x2, 'frequency capped'],
  [0x4, 'throttled'],
  [0x8, 'soft temperature limit'],
] as const;

export class MachineSampler {
  readonly #paths: KernelPaths;
  readonly #dataDir: string;
  #busy: CpuTicks | undefined;

  constructor(dataDir: string, paths: KernelPaths = KERNEL_PATHS) {
    this.#dataDir = dataDir;
    this.#paths = paths;
  }

  /** What cannot be read is null; never throws. */
  async sample(): Promise<MachineSample> {
    const { proc, sys } = this.#paths;
    const [stat, memory, uptime, temperature, throttled, disk] = await Promise.all([
      text(`${proc}/stat`),
      text(`${proc}/meminfo`),
      text(`${proc}/uptime`),
      text(`${sys}/class/thermal/thermal_zone0/temp`),
      text(`${sys}/devices/platform/soc/soc:firmware/get_throttled`),
      statfs(this.#dataDir).catch(orElse(undefined, 'measuring the data folder', ...UNREADABLE)),
    ]);
    return {
      ts: new Date().toISOString(),
      load: loadavg(),
      cpu_busy: this.#busyShare(cpuTicks(stat)),
      memory_total_bytes: memoryBytes(memory, 'MemTotal'),
      memory_available_bytes: memoryBytes(memory, 'MemAvailable'),
      temperature_celsius: temperature === undefined ? null : number(temperature, 1 / 1000),
      throttled: throttled === undefined ? null : throttledWords(throttled),
      disk_total_bytes: disk === undefined ? null : disk.blocks * disk.bsize,
      disk_free_bytes: disk === undefined ? null : disk.bavail * disk.bsize,
      inodes_free: disk === undefined ? null : disk.ffree,
      uptime_seconds: uptime === undefined ? null : number(uptime, 1),
    };
  }

  #busyShare(now: CpuTicks | undefined): number | null {
    const before = this.#busy;
    this.#busy = now;
    if (now === undefined || before === undefined) return null;
    const all = now.all - before.all;
    return all <= 0 ? null : Math.min(1, Math.max(0, 1 - (now.idle - before.idle) / all));
  }
}

export interface CpuTicks {
  readonly all: number;
  readonly idle: number;
}

/** proc(5), first line of `stat`: user nice system idle iowait irq softirq steal. */
export function cpuTicks(stat: string | undefined): CpuTicks | undefined {
  const ticks = /^cpu +([\d ]+)/
    .exec(stat ?? '')?.[1]
    ?.split(' ')
    .slice(0, 8)
    .map(Number);
  if (ticks === undefined || ticks.length < 5) return undefined;
  return { all: ticks.reduce((sum, tick) => sum + tick, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) };
}

/** proc(5), `meminfo`: kibibytes. */
export function memoryBytes(meminfo: string | undefined, name: string): number | null {
  const line = (meminfo ?? '').split('\n').find((candidate) => candidate.startsWith(`${name}:`));
  const kib = /(\d+) kB$/.exec(line ?? '')?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

export function throttledWords(hex: string): string[] {
  const bits = Number.parseInt(hex.trim(), 16);
  return THROTTLED.filter(([bit]) => (bits & bit) !== 0).map(([, word]) => word);
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(orElse(undefined, 'reading a figure', ...UNREADABLE, 'EIO'));
}

function number(value: string, factor: number): number | null {
  const parsed = Number.parseFloat(value);
  return Number.isFinite(parsed) ? parsed * factor : null;
}
