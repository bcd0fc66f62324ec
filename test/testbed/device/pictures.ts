// What the D-Link-like camera sees: a room with a moving spot, as small grey JPEG pictures.
import type { SeededRandom } from '../seeded-random.ts';
import { encodeJpeg } from '../wire/jpeg.ts';

const WIDTH = 160;
const HEIGHT = 120;
const GRAIN = 24;
const SPOT_RADIUS = 18;

function takePicture(random: SeededRandom, step: number): Buffer {
  const pixels = random.bytes(WIDTH * HEIGHT);
  const centre = 20 + ((step * 11) % (WIDTH - 40));
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = y * WIDTH + x;
      const spot = Math.hypot(x - centre, y - HEIGHT / 2) < SPOT_RADIUS ? 90 : 0;
      pixels[at] = Math.min(255, ((x + y) >> 1) + spot + ((pixels[at] ?? 0) % GRAIN));
    }
  }
  return encodeJpeg({ width: WIDTH, height: HEIGHT, pixels });
}

/** A short film that the camera plays round and round; encoding once keeps the processor free. */
export function makeFilm(random: SeededRandom, pictures: number): Buffer[] {
  return Array.from({ length: pictures }, (_, step) => takePicture(random, step));
}
