// Withings-like scale: body measures, name, age and sex as JSON over plain HTTP.
import { OWNER, SCALE_SESSION, WEIGHT_GRAMS } from '../secrets.ts';
import type { SeededRandom } from '../seeded-random.ts';
import { http, sendDatagram } from './net.ts';
import type { World } from './world.ts';

const CLOUD = 'scalews.withings.net';

export function scale({ self, life }: World): void {
  life.job('weigh', { first: 1.8, idle: 75, intensive: 10 }, (random) => post(self.mac, random));
  // An old firmware's habit: it knocks at a port of the router that nobody serves and gets ICMP back.
  life.job('knock', { first: 3, idle: 60, intensive: 60 }, async (random) => {
    await sendDatagram({ to: '192.168.77.1', port: 7, message: random.bytes(8), replyMs: 300 });
  });
}

async function post(mac: string, random: SeededRandom): Promise<void> {
  const measure = {
    sessionid: SCALE_SESSION,
    mac,
    user: OWNER,
    weight: Number(WEIGHT_GRAMS),
    height: 172,
    age: 34,
    sex: 'F',
    fat: random.integer(21, 27),
    epoch: Math.floor(Date.now() / 1000),
  };
  const reply = await http({
    host: CLOUD,
    method: 'POST',
    path: '/cgi-bin/measure',
    headers: { 'User-Agent': 'Withings UserAgent', 'Content-Type': 'application/json' },
    body: JSON.stringify(measure),
  });
  if (reply.status !== 200) throw new Error(`measure answered ${reply.status}`);
}
