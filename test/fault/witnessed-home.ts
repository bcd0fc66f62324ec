// The testbed home with a witness: an independent tcpdump on its bridge that no fault touches. What capture stored is held
// against what the witness saw, frame by frame.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Frame, framesOf } from '../integration/pcap-frames.ts';
import { recordBridge, type SecondTcpdump } from '../integration/second-tcpdump.ts';
import { type Home, homeUnavailable, startHome } from '../testbed/home.ts';
import { missing } from './requirements.ts';
import type { Stage } from './stage.ts';

/** Two listeners stamp one frame within microseconds; equal frames of one device lie further apart. */
const SAME_FRAME_NS = 2_000_000n;
const LIVELY_SECONDS = 86_400;

/** For `skip`: false, or what the machine lacks for a home under a fault test. */
export function homeMissing(...tools: readonly string[]): false | string {
  const home = homeUnavailable();
  return missing(...tools) || (home === undefined ? false : `no simulated home here: ${home}`);
}

export class WitnessedHome {
  readonly home: Home;
  readonly #folder: string;
  readonly #witness: SecondTcpdump;

  private constructor(folder: string, home: Home, witness: SecondTcpdump) {
    this.#folder = folder;
    this.home = home;
    this.#witness = witness;
  }

  /** Brings the home up, witness first; it talks a lot until ordered otherwise. */
  static async start(seed: number): Promise<WitnessedHome> {
    const folder = mkdtempSync(join(tmpdir(), 'weir-home-'));
    const home = await startHome({ dir: join(folder, 'home'), seed });
    const witness = await recordBridge(home, join(folder, 'witness.pcap'));
    await home.intensive(LIVELY_SECONDS);
    return new WitnessedHome(folder, home, witness);
  }

  /** From now on the stage's commands run on the home's router, with the stage's own files. */
  enterFrom(stage: Stage): void {
    stage.network = this.home.document.netns;
  }

  /** Settings of a capture that listens at the home's bridge. */
  get captureSettings(): { interface: string; infra_macs: readonly string[] } {
    return { interface: this.home.document.bridge, infra_macs: this.home.document.infra };
  }

  /** The capture file of the witness, complete once `testimony` was asked for. */
  get file(): string {
    return this.#witness.path;
  }

  /** Waits until the home is silent, and ends the witness; all frames that it saw. */
  async testimony(): Promise<Frame[]> {
    await this.home.quiesce();
    await this.#witness.stop();
    return framesOf(this.file);
  }

  async close(): Promise<void> {
    await this.#witness.stop();
    await this.home.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface Comparison {
  /** Seen by the witness and not stored, in order of time. */
  readonly missing: readonly Frame[];
  /** Stored, but nothing that the witness saw, or stored more than once. */
  readonly invented: readonly Frame[];
}

/** Pairs frames of equal content and time, each once. */
export function compareFrames(witness: readonly Frame[], stored: readonly Frame[]): Comparison {
  const waiting = new Map<string, Frame[]>();
  for (const frame of inTime(stored)) {
    const same = waiting.get(frame.identity);
    if (same === undefined) waiting.set(frame.identity, [frame]);
    else same.push(frame);
  }
  const missing = inTime(witness).filter((frame) => !takeSame(waiting, frame));
  return { missing, invented: [...waiting.values()].flat() };
}

function inTime(frames: readonly Frame[]): Frame[] {
  return frames.toSorted((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0));
}

function takeSame(waiting: Map<string, Frame[]>, { identity, ns }: Frame): boolean {
  const frames = waiting.get(identity) ?? [];
  const at = frames.findIndex((frame) => frame.ns > ns - SAME_FRAME_NS && frame.ns < ns + SAME_FRAME_NS);
  if (at >= 0) frames.splice(at, 1);
  return at >= 0;
}
