// The twenty devices of the soak: which capture each is made of, how much it sends a day, who sleeps. Real captures where a folder
// has them; the project's own generated home where it has not, and then it says so.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { household as generatedHome } from '../analysis/household.ts';
import { SeededRandom } from '../testbed/seeded-random.ts';
import { Heartbeat, Plays } from './device-life.ts';
import type { FrameSource } from './frame-source.ts';
import { findDevice, framesIn, makeTape, type RawFrame, readFrames, type Tape, type TapeIdentity } from './tape.ts';

const MB = 1_000_000;
/** What each device sends a day: two cameras, a hub, and the long tail of plugs and sensors. Largest capture first. */
const DAILY_BYTES = [150, 80, 40, 20, 12, 8, 6, 5, 4, 3, 3, 2, 2, 1.5, 1, 1, 0.7, 0.5, 0.3, 0.2].map((mb) => mb * MB);
/** Every so many-th device says nothing between its plays. */
const SLEEPER_EVERY = 3;
/** A larger one is no device's capture; all of it would be held in memory. */
const MAX_CAPTURE_BYTES = 64 * MB;
/** 2026-03-02 00:00:00 UTC. */
export const SOAK_START_US = 1_772_409_600_000_000;

export interface SoakDevice extends TapeIdentity {
  readonly tape: Tape;
  readonly bytesPerDay: number;
  readonly isSleeper: boolean;
}

interface Material {
  readonly name: string;
  readonly device: string;
  readonly frames: readonly RawFrame[];
}

/** Every capture below the folders whose frames show a device, largest first. */
function materialIn(folders: readonly string[]): Material[] {
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((file) => /\.(pcap|pcapng|cap)$/.test(file) && statSync(file).size <= MAX_CAPTURE_BYTES);
  return files
    .toSorted((a, b) => statSync(b).size - statSync(a).size || a.localeCompare(b))
    .flatMap((name) => {
      const frames = readFrames(name);
      const device = findDevice(frames);
      return device === undefined ? [] : [{ name, device, frames }];
    });
}

function generatedMaterial(count: number): Material[] {
  return Array.from({ length: count }, (_, index) => {
    const frames = framesIn(generatedHome(index + 1));
    return { name: `generated home ${index + 1}`, device: `02:00:00:00:00:1${1 + (index % 3)}`, frames };
  });
}

/** `say` hears what the devices are made of. */
export function chooseDevices(folders: readonly string[], seed: number, say: (text: string) => void): SoakDevice[] {
  const count = DAILY_BYTES.length;
  let material = materialIn(folders);
  if (material.length === 0) {
    say(
      `NO CAPTURES in ${folders.join(', ')}: the devices are made of the project's generated home. Figures are easier than real ones.`,
    );
    material = generatedMaterial(count);
  } else say(`${material.length} captures show a device; ${count} devices are made of them`);
  return DAILY_BYTES.map((bytesPerDay, index) => {
    // Spread over all sizes; where there are fewer captures than devices some serve twice.
    const { name, device, frames } = material[Math.floor((index * material.length) / count)]!;
    const identity = identityOf(index, device, seed);
    const tape = makeTape(name, frames, device, identity);
    return { ...identity, tape, bytesPerDay, isSleeper: index % SLEEPER_EVERY === SLEEPER_EVERY - 1 };
  });
}

function identityOf(index: number, device: string, seed: number): TapeIdentity {
  const tail = new SeededRandom(seed, 'soak-mac', index).hex(4).replace(/(..)/g, ':$1');
  const number = index.toString(16).padStart(2, '0');
  return { mac: `${device.slice(0, 8)}${tail}:${number}`, ip: `10.77.0.${20 + index}` };
}

export function livesOf(devices: readonly SoakDevice[], seed: number, startUs: number): FrameSource[] {
  return devices.flatMap((device, index): FrameSource[] => {
    const plays = new Plays(device.tape, device.bytesPerDay, startUs, new SeededRandom(seed, 'plays', index));
    if (device.isSleeper) return [plays];
    const random = new SeededRandom(seed, 'heartbeat', index);
    return [plays, new Heartbeat(device, `203.0.113.${10 + index}`, startUs, random)];
  });
}
