// Frames to start from: of the shared captures where they are, else of a generated household.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { household } from '../analysis/household.ts';
import { CORPUS, withoutCorpus } from '../truth/corpus.ts';

export interface SeedFrame {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

export function captureFiles(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const path = join(CORPUS, folder);
    return existsSync(path)
      ? readdirSync(path)
          .sort()
          .map((file) => join(path, file))
      : [];
  });
}

/** At most `each` frames of a file. */
export function seedFrames(folders: readonly string[], each: number): SeedFrame[] {
  if (withoutCorpus !== false) return [1, 2, 3].flatMap((seed) => framesOf(household(seed), each));
  return captureFiles(folders).flatMap((file) => framesOf(readBytes(file), each));
}

function readBytes(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function framesOf(file: Uint8Array, each: number): SeedFrame[] {
  const frames: SeedFrame[] = [];
  const reader = new CaptureReader({
    frame(bytes, start, end, _seconds, _nanoseconds, _length, linkType) {
      if (frames.length < each) frames.push({ bytes: bytes.slice(start, end), linkType });
    },
  });
  reader.push(file);
  return frames;
}
