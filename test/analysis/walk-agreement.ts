// One capture twice through the analysis: out of the kernel's memory, where the walk over chunks takes what only counts, and
// out of another, where the reference path reads every packet. Used by the tests and by `make fuzz`.

import { Analyzer, type AnalyzerContext } from '../../appliance/analysis/analyzer.ts';
import { borrowBuffer, returnBuffer } from '../../appliance/analysis/kernel/payload-kernel.ts';
import { CaptureReader } from '../../appliance/decode/files/capture-reader.ts';
import { generator, pcapFile, type TestFrame } from './packets.ts';

export interface WalkAgreement {
  readonly frames: number;
  /** Finished inside the walk. */
  readonly walked: number;
  /** Where the two said something else. */
  readonly different: readonly string[];
}

const CHUNK = 256 * 1024;

/** What the analyzer says, asked for between pieces of the file and at its end. */
export function compareWalk(frames: readonly TestFrame[], context: AnalyzerContext, seed: number): WalkAgreement {
  const random = generator(seed + 77);
  const file = pcapFile(frames);
  const buffer = borrowBuffer(CHUNK);
  try {
    const [reference, analyzer] = [new Analyzer(context), new Analyzer(context)];
    let walked = 0;
    const counted = {
      walked: 0,
      frame: (...frame: Parameters<Analyzer['frame']>) => analyzer.frame(...frame),
      walkRecords(...records: Parameters<Analyzer['walkRecords']>): number {
        const next = analyzer.walkRecords(...records);
        counted.walked = analyzer.walked;
        walked += analyzer.walked;
        return next;
      },
    };
    const readers = [
      new CaptureReader(reference, CHUNK, new Uint8Array(CHUNK)),
      new CaptureReader(counted, CHUNK, buffer),
    ];
    const different: string[] = [];
    for (let at = 0; at < file.length && different.length === 0; ) {
      const end = Math.min(file.length, at + 1 + (random() % CHUNK));
      for (const reader of readers) reader.push(file.subarray(at, end));
      at = end;
      const isAsked = random() % 4 === 0 || at === file.length;
      if (isAsked && documentText(reference) !== documentText(analyzer)) different.push(`seed ${seed}, at byte ${at}`);
      if (String(reference.takeTraffic()) !== String(analyzer.takeTraffic())) different.push(`traffic of seed ${seed}`);
    }
    if (readers[0]!.packets !== readers[1]!.packets) different.push(`packets of seed ${seed}`);
    return { frames: frames.length, walked, different };
  } finally {
    returnBuffer(buffer);
  }
}

function documentText(analyzer: Analyzer): string {
  return JSON.stringify([analyzer.end(), analyzer.packets, analyzer.lastTs]);
}
