// An analyzer with the faults that a real one must never have: it hangs, throws or ends its thread on packets that say so.
// Loaded by the analysis thread in the place of the real one, which it calls for everything else.

import { makeAnalyzer as makeReal } from '../../appliance/store/thread/make-analyzer.ts';
import type { AnalyzerStart, SegmentAnalyzer } from '../../appliance/store/thread/segment-analyzer.ts';

/** First payload bytes behind Ethernet, IPv4 and UDP. */
const PAYLOAD = 42;

export function makeAnalyzer(start: AnalyzerStart): SegmentAnalyzer {
  const real = makeReal(start);
  return {
    frame: (...frame) => {
      const [bytes, from, to] = frame;
      const said = Buffer.from(bytes.subarray(from + PAYLOAD, Math.min(to, from + PAYLOAD + 5))).toString('latin1');
      if (said === 'HANG!') for (;;);
      if (said === 'THROW') throw new TypeError('a fault');
      if (said === 'LEAVE') process.exit(3);
      real.frame(...frame);
    },
    skip: () => real.skip(),
    numberFrom: (packets) => real.numberFrom(packets),
    snapshot: () => real.snapshot(),
    finish: () => real.finish(),
  };
}
