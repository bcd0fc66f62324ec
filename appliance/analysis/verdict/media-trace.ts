// Traces that media leave in the order of their bytes, for streams whose beginning was not seen. Reads the counters of
// payload-scan.ts over the first 128 KiB of a direction; verdict.ts asks.

import { EVIDENCE } from '../packet/payload/payload-scan.ts';
import type { Shape } from './verdict-case.ts';

/** Probability under random bytes below which a count is no accident. */
const ACCIDENT = 1e-8;

/** What the counters of a direction show, as a phrase with its numbers; undefined when nothing. */
export function mediaTrace(evidence: ArrayLike<number>, shape: Shape): string | undefined {
  const count: Count = (name) => evidence[EVIDENCE[name]] ?? 0;
  return TRACES.map((trace) => trace(count, shape)).find((found) => found !== undefined);
}

type Count = (name: keyof typeof EVIDENCE) => number;

const TRACES: readonly ((count: Count, shape: Shape) => string | undefined)[] = [
  jpeg,
  transportStream,
  rtp,
  startCodes,
  audio,
  container,
];

/** In JPEG scan data every ff is followed by 00 or a restart marker; in random bytes 9 of 256 are. */
function jpeg(count: Count): string | undefined {
  const ff = count('ff');
  const stuffed = count('ffStuffed');
  const share = stuffed / ff;
  // Measured in scan data: ff is 0.3 to 2 % of the bytes; more of it is padding of something else, or a header in each of
  // many short messages. Where less is stuffed, a constant ff 00 is among random ones.
  if (stuffed < 6 || share < 0.9 || ff > 0.03 * count('scanned')) return undefined;
  return chanceOfAtLeast(share, ff, 9 / 256) < ACCIDENT ? `JPEG: ${stuffed} of ${ff} bytes ff are stuffed` : undefined;
}

/** Chernoff's bound on a binomial tail: exp(-n D(share || p)). */
function chanceOfAtLeast(share: number, n: number, p: number): number {
  const rest = share < 1 ? (1 - share) * Math.log((1 - share) / (1 - p)) : 0;
  return Math.exp(-n * (share * Math.log(share / p) + rest));
}

function transportStream(count: Count): string | undefined {
  const packets = count('tsPackets');
  return packets >= 2 ? `MPEG-TS: a sync byte every 188 bytes in ${packets} packets` : undefined;
}

/** Longest that crosses an Ethernet; captures on the sender have longer segments, of which each may hold a picture. */
const DATAGRAM_BYTES = 1500;

/** Packets of a sequence, and steps of its clock: what has neither is another protocol with a counter. */
const LEAST_SEQUENCE = 8;
const LEAST_TICKS = 2;

/**
 * RTP whose payload begins alike in each packet, which SRTP would hide. A registered payload type (RFC 3551) alone does not
 * part the two (RFC 3711 leaves it as it is): there the bytes must be unlike random ones.
 */
function rtp(count: Count, shape: Shape): string | undefined {
  const sequential = count('rtpSequential');
  if (sequential < LEAST_SEQUENCE || count('rtpTicks') < LEAST_TICKS) return undefined;
  if (count('rtpSamePayloadByte') >= 0.6 * sequential) {
    return `RTP: ${sequential} packets in sequence with an open payload header`;
  }
  const isRegistered = count('rtpStatic') >= 0.9 * sequential;
  return isRegistered && (shape === 'between' || shape === 'structured')
    ? `RTP: ${sequential} packets in sequence of a registered payload type, unlike random bytes`
    : undefined;
}

/** 22 of 2^32 values at each of 131,072 places: two by accident in one of 4 x 10^6 directions. */
function startCodes(count: Count): string | undefined {
  const codes = count('startCodes');
  // Frames take several packets: what is in each of them is the header of something else.
  return codes >= 2 && codes <= 0.5 * count('packets') ? `H.264 or H.265: ${codes} start codes` : undefined;
}

function audio(count: Count): string | undefined {
  const links = count('audioLinks');
  return links >= 2 ? `MPEG audio: ${links} frames, each where the one before says` : undefined;
}

function container(count: Count): string | undefined {
  const marks = count('containerMarks');
  // Pictures and boxes take several datagrams: what is in nearly each of them is the header of something else.
  const isHeader = marks > 0.5 * count('packets') && count('scanned') <= DATAGRAM_BYTES * count('packets');
  return marks >= 2 && !isHeader ? `media container: ${marks} marks of boxes, pages or pictures` : undefined;
}
