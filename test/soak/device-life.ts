// One device of the soak: plays its tape, pauses, plays it again with new ports, and keeps a connection alive in between where it is
// one of those that do. The same seed gives the same life.

import { tcp } from '../analysis/packets.ts';
import type { SeededRandom } from '../testbed/seeded-random.ts';
import { type FrameSource, writeRecordHeader } from './frame-source.ts';
import { GATEWAY_MAC, type Tape, type TapeIdentity } from './tape.ts';

const DAY_US = 86_400_000_000;
/** Of the time from one play to the next that a play may take; a longer tape is played faster. */
const MAX_DUTY = 0.8;
const FIRST_CALLERS_PORT = 32_768;
const CALLERS_PORTS = 28_000;

/** Plays of a tape, so often that a day has `bytesPerDay`. */
export class Plays implements FrameSource {
  readonly #tape: Tape;
  readonly #random: SeededRandom;
  readonly #intervalUs: number;
  readonly #stretch: number;
  #start: number;
  #play = 0;
  #frame = 0;
  nextUs: number;

  constructor(tape: Tape, bytesPerDay: number, startUs: number, random: SeededRandom) {
    this.#tape = tape;
    this.#random = random;
    this.#intervalUs = (DAY_US * tape.bytes) / bytesPerDay;
    this.#stretch = Math.min(1, (this.#intervalUs * MAX_DUTY) / Math.max(1, tape.us));
    this.#start = startUs + random.fraction() * this.#intervalUs;
    this.nextUs = this.#start;
  }

  write(target: Buffer, at: number): number {
    const { bytes, length, portAt } = this.#tape.frames[this.#frame]!;
    const frame = writeRecordHeader(target, at, this.nextUs, bytes.length, length);
    bytes.copy(target, frame);
    if (portAt > 0) target.writeUInt16BE(this.#port(bytes.readUInt16BE(portAt)), frame + portAt);
    this.#advance();
    return frame + bytes.length;
  }

  #port(recorded: number): number {
    return FIRST_CALLERS_PORT + ((recorded + this.#play * 131) % CALLERS_PORTS);
  }

  #advance(): void {
    this.#frame++;
    if (this.#frame === this.#tape.frames.length) {
      const end = this.nextUs;
      this.#frame = 0;
      this.#play++;
      this.#start = Math.max(end + 1, this.#start + this.#intervalUs * (0.5 + this.#random.fraction()));
    }
    this.nextUs = this.#start + Math.floor(this.#tape.frames[this.#frame]!.offsetUs * this.#stretch);
  }
}

/** How long a connection to the cloud is kept before the device makes another one. */
const CONNECTION_US = 6 * 3_600_000_000;
const ANSWER_US = 40_000;

/** A message and its answer every half to whole minute, as devices that can be called from outside do. */
export class Heartbeat implements FrameSource {
  readonly #identity: TapeIdentity;
  readonly #cloud: string;
  readonly #random: SeededRandom;
  readonly #startUs: number;
  #isAnswer = false;
  #count = 0;
  nextUs: number;

  constructor(identity: TapeIdentity, cloud: string, startUs: number, random: SeededRandom) {
    this.#identity = identity;
    this.#cloud = cloud;
    this.#random = random;
    this.#startUs = startUs;
    this.nextUs = startUs + random.integer(0, 60_000_000);
  }

  write(target: Buffer, at: number): number {
    const bytes = this.#frame();
    const frame = writeRecordHeader(target, at, this.nextUs, bytes.length, bytes.length);
    target.set(bytes, frame);
    this.nextUs += this.#isAnswer ? this.#random.integer(30_000_000, 60_000_000) : ANSWER_US;
    this.#isAnswer = !this.#isAnswer;
    return frame + bytes.length;
  }

  #frame(): Uint8Array {
    const port = FIRST_CALLERS_PORT + (Math.floor((this.nextUs - this.#startUs) / CONNECTION_US) % CALLERS_PORTS);
    const near = { ...this.#identity, port };
    const far = { mac: GATEWAY_MAC, ip: this.#cloud, port: 8883 };
    this.#count++;
    // TLS application data (RFC 8446 §5.1) around 32 bytes.
    const body = Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), this.#random.bytes(32)]);
    const sequence = this.#count * 37;
    return this.#isAnswer ? tcp(far, near, sequence, sequence, 24, body) : tcp(near, far, sequence, sequence, 24, body);
  }
}
