// All sources of a soak as one pcap stream in the order of time. Pure: bytes for the time asked, nothing else.

import { pcapFile } from '../analysis/packets.ts';
import { type FrameSource, MAX_FRAME_BYTES } from './frame-source.ts';

/** The file header that the stream begins with. */
export const STREAM_HEADER = Buffer.from(pcapFile([]));

export class HomeStream {
  readonly #sources: FrameSource[];
  frames = 0;
  bytes = 0;

  constructor(sources: readonly FrameSource[]) {
    this.#sources = [...sources];
  }

  /** Joins in, for instance a scan. */
  add(source: FrameSource): void {
    this.#sources.push(source);
  }

  /** Fills the buffer with the records up to `untilUs`, at most as many as fit. Returns the bytes written. */
  fill(buffer: Buffer, untilUs: number): number {
    let at = 0;
    while (buffer.length - at >= MAX_FRAME_BYTES) {
      const source = this.#earliest();
      if (source === undefined || source.nextUs > untilUs) break;
      at = source.write(buffer, at);
      this.frames++;
    }
    this.bytes += at;
    return at;
  }

  #earliest(): FrameSource | undefined {
    let earliest: FrameSource | undefined;
    for (const source of this.#sources)
      if (earliest === undefined || source.nextUs < earliest.nextUs) earliest = source;
    return earliest;
  }
}
