// Writes the stream into the pipe that capture's file engine reads, as simulated time goes by. Writing waits while the pipe is full.

import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HomeStream, STREAM_HEADER } from './home-stream.ts';
import type { SimClock } from './sim-clock.ts';

const BUFFER_BYTES = 512 * 1024;
const LOOK_MS = 5;

export class Feeder {
  readonly #path: string;
  readonly #stream: HomeStream;
  readonly #clock: SimClock;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #file: FileHandle | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;
  /** Why feeding ended by itself; empty while it goes on. */
  problem = '';

  constructor(path: string, stream: HomeStream, clock: SimClock) {
    this.#path = path;
    this.#stream = stream;
    this.#clock = clock;
  }

  /** Resolves when a reader has opened the other end. */
  async start(): Promise<void> {
    this.#file = await open(this.#path, 'w');
    await this.#file.write(STREAM_HEADER);
    this.#running = this.#feed(this.#file).catch((error: unknown) => {
      this.problem = String(error);
    });
  }

  /** Ends the stream: the reader sees the end of its file. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#file?.close();
  }

  async #feed(file: FileHandle): Promise<void> {
    while (!this.#stopping) {
      const bytes = this.#stream.fill(this.#buffer, this.#clock.advance(performance.now()));
      if (bytes === 0) await sleep(LOOK_MS);
      for (let at = 0; at < bytes; ) at += (await file.write(this.#buffer, at, bytes - at)).bytesWritten;
    }
  }
}
