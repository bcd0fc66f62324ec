// Steps for which a person joins devices: how many the radio takes, whether their talk with each other is seen, how fast it is,
// and whether its firmware lived through it.

import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { parseIpv4Network } from '../../../config/ipv4-network.ts';
import { firmwareOf } from '../checks/radio.ts';
import { collectRadio } from '../collect/radio.ts';
import { countStations } from '../iw-text.ts';
import { type Bench, reading, type Step } from './step.ts';

const LISTEN_SECONDS = 30;
const TRAFFIC_SECONDS = 20;

const stations: Step = {
  id: 'stations',
  title: 'How many devices the radio takes',
  todo: 'Join devices one after the other until one is refused (or you have no more). Press Enter when you are done.',
  run: async ({ host, config, facts, say, entered }) => {
    let most = 0;
    let isOver = false;
    void entered().then(() => {
      isOver = true;
    });
    while (!isOver) {
      const answer = await host.run('iw', ['dev', config.ap.interface, 'station', 'dump']);
      if ('unknown' in answer) return { state: 'skipped', text: answer.unknown };
      const count = countStations(answer.value);
      if (count > most) say(`${count} devices`);
      most = Math.max(most, count);
      await pause(1000);
    }
    const documented = firmwareOf(facts.radio.found)?.stations ?? null;
    return {
      state: 'measured',
      text: `${most} at once`,
      figures: { most_stations: most, documented_limit: documented },
    };
  },
};

const local: Step = {
  id: 'local-traffic',
  title: 'Whether traffic between two devices is seen on the bridge',
  todo: `Take two joined devices and let one ping the other (an app for it will do). Press Enter when it runs; ${LISTEN_SECONDS} s are listened to.`,
  run: async (bench) => {
    await bench.entered();
    const { ap, capture } = bench.config;
    const network = parseIpv4Network(ap.address);
    const own = ap.address.split('/', 1)[0] ?? '';
    if (network === undefined) return { state: 'skipped', text: `${ap.address} is no network` };
    const words = `icmp[icmptype] == icmp-echo and src net ${networkText(ap.address)} and dst net ${networkText(ap.address)} and not host ${own}`;
    const heard = await listen(['-n', '-l', '-t', '-i', capture.interface, ...words.split(' ')], LISTEN_SECONDS);
    if (heard === undefined) return { state: 'skipped', text: 'tcpdump cannot listen: run it as root' };
    const different = new Set(heard).size;
    const figures = { seconds: LISTEN_SECONDS, echo_requests_seen: heard.length, different, visible: heard.length > 0 };
    if (heard.length === 0)
      return {
        state: 'failed',
        text: 'none was seen: captures hold no traffic between devices of this radio',
        figures,
      };
    const text =
      different === heard.length ? 'each was seen once' : `${heard.length - different} were seen more than once`;
    return { state: different === heard.length ? 'passed' : 'failed', text, figures };
  },
};

/** tcpdump takes `10.77.0.0/24`, not an address of it. */
function networkText(text: string): string {
  const network = parseIpv4Network(text);
  if (network === undefined) return text;
  const quad = [24, 16, 8, 0].map((shift) => (network.first >>> shift) & 255).join('.');
  return `${quad}/${network.prefix}`;
}

/** Lines that tcpdump printed in that time; undefined where it could not listen. */
function listen(args: readonly string[], seconds: number): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    const child = spawn('tcpdump', [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    const timer = setTimeout(() => child.kill('SIGINT'), seconds * 1000);
    child.stdout.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(0, 1024 * 1024);
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? text.split('\n').filter((line) => line !== '') : undefined);
    });
  });
}

const throughput: Step = {
  id: 'throughput',
  title: 'How fast devices reach the Internet',
  todo: `Start a large download on a joined device. Press Enter when it runs; ${TRAFFIC_SECONDS} s are measured.`,
  run: async ({ host, config, entered }) => {
    await entered();
    const base = `/sys/class/net/${config.capture.interface}/statistics`;
    const take = async () => ({
      at: performance.now(),
      down: await reading(host, `${base}/tx_bytes`),
      up: await reading(host, `${base}/rx_bytes`),
    });
    const before = await take();
    await pause(TRAFFIC_SECONDS * 1000);
    const after = await take();
    const rate = (from: number | null, to: number | null) =>
      from === null || to === null ? null : Number((((to - from) * 8) / 1000 / (after.at - before.at)).toFixed(2));
    const figures = {
      seconds: TRAFFIC_SECONDS,
      down_mbit_s: rate(before.down, after.down),
      up_mbit_s: rate(before.up, after.up),
    };
    if (figures.down_mbit_s === null) return { state: 'skipped', text: `there is no ${config.capture.interface}` };
    return {
      state: 'measured',
      text: `${figures.down_mbit_s} Mbit/s to devices, ${figures.up_mbit_s} Mbit/s from them`,
      figures,
    };
  },
};

const firmware: Step = {
  id: 'firmware',
  title: 'Whether the firmware of the radio lived through it',
  todo: null,
  run: async ({ host, config, facts }: Bench) => {
    if (facts.radio.found === null) return { state: 'skipped', text: facts.radio.absence };
    const { halts } = await collectRadio(host, config);
    if ('unknown' in halts) return { state: 'skipped', text: halts.unknown };
    const lines = halts.value;
    const figures = { lines_in_kernel_log: lines.length };
    return {
      state: lines.length === 0 ? 'passed' : 'failed',
      text: lines.at(-1) ?? 'nothing in the kernel log',
      figures,
    };
  },
};

export const RADIO_STEPS: readonly Step[] = [stations, local, throughput, firmware];
