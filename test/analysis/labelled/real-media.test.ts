import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { judge } from '../../../appliance/analysis/verdict/verdict.ts';
import type { Verdict } from '../../../appliance/model/analysis-document.ts';
import { Confusion } from './confusion.ts';
import { RandomBytes } from './random-bytes.ts';
import { segments, statsOf } from './stats-of.ts';

/** What real encoders write: name, arguments behind a noisy moving picture or a chord, output on standard output. */
const PICTURE = ['-f', 'lavfi', '-i', 'mandelbrot=size=640x360:rate=15', '-t', '6', '-vf', 'noise=alls=12:allf=t'];
const SOUND = ['-f', 'lavfi', '-i', 'aevalsrc=0.4*sin(880*t)+0.2*sin(1320*t*t)+0.05*random(0):d=20'];
const ENCODINGS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['H.264', [...PICTURE, '-c:v', 'libx264', '-preset', 'veryfast', '-f', 'h264']],
  ['H.264 in MPEG-TS', [...PICTURE, '-c:v', 'libx264', '-preset', 'veryfast', '-f', 'mpegts']],
  [
    'H.264 in fragmented MP4',
    [...PICTURE, '-c:v', 'libx264', '-preset', 'veryfast', '-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4'],
  ],
  ['motion JPEG', [...PICTURE, '-c:v', 'mjpeg', '-q:v', '5', '-f', 'mpjpeg']],
  ['MP3', [...SOUND, '-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3']],
  ['AAC', [...SOUND, '-c:a', 'aac', '-b:a', '96k', '-f', 'adts']],
];

function encoded(args: readonly string[]): Buffer {
  return execFileSync('ffmpeg', ['-v', 'error', '-threads', '1', ...args, '-'], {
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function has(program: string): boolean {
  try {
    execFileSync(program, ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test('real encoders, from the start and joined late', {
  skip: has('ffmpeg') ? false : 'ffmpeg is not installed',
}, (t) => {
  const confusion = new Confusion();
  const words = { start: [] as Verdict[], late: [] as Verdict[] };
  const random = new RandomBytes('real media');
  for (const [name, args] of ENCODINGS) {
    const stream = encoded(args);
    for (let i = 0; i < 8; i++) {
      const from = i === 0 ? 0 : random.whole(1000, Math.max(1001, stream.length - 150_000));
      const { verdict, reason, threshold7 } = judge(statsOf(segments('b', stream.subarray(from, from + 200_000))));
      confusion.add(i === 0 ? `${name}, from the start` : `${name}, joined late`, verdict, threshold7);
      (i === 0 ? words.start : words.late).push(verdict);
      if (verdict !== 'compressed-in-clear')
        t.diagnostic(`${name} at byte ${from} of ${stream.length}: ${verdict}, ${reason}`);
    }
  }
  for (const line of confusion.lines()) t.diagnostic(line);
  assert.deepEqual(new Set(words.start), new Set(['compressed-in-clear']));
  assert.ok(words.late.every((verdict) => verdict === 'compressed-in-clear' || verdict === 'opaque'));
});
