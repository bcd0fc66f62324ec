// A small MP4 clip (ISO 14496-12): ftyp, moov with mvhd, mdat with a payload as even as compressed video.
import type { SeededRandom } from '../seeded-random.ts';

function box(type: string, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** §8.2.2 version 0: times, time scale 1000, duration in milliseconds, then rate, volume, unity matrix, next track. */
function movieHeader(milliseconds: number): Buffer {
  const body = Buffer.alloc(100);
  body.writeUInt32BE(1000, 12);
  body.writeUInt32BE(milliseconds, 16);
  body.writeUInt32BE(0x0001_0000, 20);
  body.writeUInt16BE(0x0100, 24);
  body.writeUInt32BE(0x0001_0000, 36);
  body.writeUInt32BE(0x0001_0000, 52);
  body.writeUInt32BE(0x4000_0000, 68);
  body.writeUInt32BE(2, 96);
  return box('mvhd', body);
}

/** A clip with `mediaBytes` of media data. */
export function makeClip(random: SeededRandom, mediaBytes: number, milliseconds = 10_000): Buffer {
  const brand = Buffer.from('isom\x00\x00\x02\x00isomiso2avc1mp41', 'latin1');
  return Buffer.concat([
    box('ftyp', brand),
    box('moov', movieHeader(milliseconds)),
    box('mdat', random.bytes(mediaBytes)),
  ]);
}
