// Xiaomi-like camera: PUTs MP4 clips over plain HTTP with its access key in the query, talks miIO to the device cloud.
import { TENCENT_DNS } from '../clouds.ts';
import { UPLOAD_KEY, UPLOAD_SIGNATURE } from '../secrets.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { encodeHello, encodeMiot } from '../wire/miot.ts';
import { makeClip } from '../wire/mp4.ts';
import { Channel } from './channel.ts';
import type { HomePhase } from './life.ts';
import { http, resolve, sendDatagram } from './net.ts';
import type { World } from './world.ts';

const UPLOAD_HOST = 'cnbj2.fds.api.xiaomi.com';
const CLIP_BYTES = { idle: [60_000, 120_000], intensive: [200_000, 350_000] } as const;
const EXPIRY_SECONDS = 600;

export function mijiaCamera({ life, authority }: World): void {
  const control = new Channel({
    host: 'business.smartcamera.api.io.mi.com',
    authority,
    newest: 'TLSv1.2',
    messages: 3,
  });
  life.job('upload', { first: 2, idle: 20, intensive: 5 }, upload);
  life.job('report', { first: 0.5, idle: 8, intensive: 2.5 }, report);
  life.job('control', { first: 1, idle: 25, intensive: 5 }, (random) =>
    control.exchange(random, random.integer(200, 700), random.integer(200, 900)),
  );
  life.job('own resolver', { first: 4, idle: 60 }, async () => {
    await resolve('de.ot.io.mi.com', TENCENT_DNS);
  });
}

async function upload(random: SeededRandom, phase: HomePhase): Promise<void> {
  const [least, most] = CLIP_BYTES[phase];
  const expires = Math.floor(Date.now() / 1000) + EXPIRY_SECONDS;
  const query = `GalaxyAccessKeyId=${UPLOAD_KEY}&Expires=${expires}&Signature=${encodeURIComponent(UPLOAD_SIGNATURE)}`;
  const reply = await http({
    host: UPLOAD_HOST,
    method: 'PUT',
    path: `/chuangmi-camera-ipc019/clip_${random.hex(16)}.mp4?${query}`,
    headers: { 'User-Agent': 'chuangmi.camera.ipc019/3.4.2', 'Content-Type': 'video/mp4' },
    body: makeClip(random, random.integer(least, most)),
  });
  if (reply.status !== 200) throw new Error(`upload answered ${reply.status}`);
}

async function report(random: SeededRandom): Promise<void> {
  const to = await resolve('ot.io.mi.com');
  await sendDatagram({ to, port: 8053, message: encodeHello(), replyMs: 1000 });
  const message = encodeMiot(random, random.word(), random.integer(60, 200));
  await sendDatagram({ to, port: 8053, message, replyMs: 1000 });
}
