// weir proxy start, stop, fence: the proxy for one device of the access point. As a unit, or in the foreground in the same order: rules
// up, proxy, rules down whatever ended it.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { configOption } from '../../cli/config-option.ts';
import { loadConfig } from '../../config/load.ts';
import { WeirError } from '../../model/errors.ts';
import { CAPTURE_SOCKET } from '../../model/files/run-files.ts';
import { parseMac } from '../../model/mac.ts';
import { type FencePlaces, lowerFence, raiseFence } from '../fence/fence.ts';
import { type FenceWish, PROXY_PORT } from '../fence/lead-rules.ts';
import { DIR_OPTION, type FolderOption } from '../places.ts';

const UNIT = 'weir-proxy.service';
const WISH_FOLDER = '/etc/weir-proxy';
/** Read by the unit. */
const WISH_FILE = join(WISH_FOLDER, 'wish.env');
const LISTENERS = [
  '/usr/lib/weir-proxy/listen',
  fileURLToPath(new URL('../../../../provisioning/proxy/listen', import.meta.url)),
];

interface Options extends FolderOption {
  readonly device: string;
  readonly interface?: string;
  readonly address?: string;
  readonly config?: string;
  readonly foreground?: true;
  readonly serverCa?: string;
}

export function declareStart(proxy: Command): void {
  const fenced = (name: string): Command =>
    proxy
      .command(name)
      .option('--interface <name>', 'the captured side; `capture.interface` otherwise')
      .option('--address <address>', "the appliance's own address there; `ap.address` otherwise")
      .addOption(configOption())
      .option(...DIR_OPTION);
  fenced('start')
    .description('Lead the connections of one device to the proxy. Everybody else is left alone.')
    .requiredOption('--device <mac>', 'the phone or device, whose owner agreed')
    .option('--foreground', 'without the unit, until it is interrupted (root)')
    .option(
      '--server-ca <file>',
      "PEM of an authority that servers' certificates may have in addition to the usual ones",
    )
    .action(start);
  proxy.command('stop').description('End it; its rules go with it.').action(stop);
  fenced('fence')
    .argument('<up|down>', 'what the unit does before and after the proxy (root)')
    .option('--device <mac>', 'the device')
    .description("Put the proxy's firewall rules up, or take them down.")
    .action(fence);
}

function wishOf({ device, interface: bridge, address, config }: Options): FenceWish {
  const mac = parseMac(device ?? '');
  if (mac === undefined)
    throw new WeirError(
      'USAGE',
      `${device ?? ''} is no MAC address; nothing was started. \`weir devices\` lists them.`,
    );
  const settings = loadConfig(config).config;
  return {
    device: mac,
    bridge: bridge ?? settings.capture.interface,
    address: (address ?? settings.ap.address).split('/')[0] ?? '',
  };
}

function placesOf({ dir, config }: Pick<Options, 'dir' | 'config'>): FencePlaces {
  return { folder: dir, capture: join(loadConfig(config).config.data.dir, CAPTURE_SOCKET) };
}

async function start(options: Options): Promise<void> {
  const wish = wishOf(options);
  if (options.foreground === true) return inForeground(options, wish);
  if (!existsSync(`/usr/lib/systemd/system/${UNIT}`))
    throw new WeirError(
      'USAGE',
      `${UNIT} is not installed; nothing was started. Install weir-proxy, or use --foreground.`,
    );
  mkdirSync(WISH_FOLDER, { recursive: true });
  const lines = [
    `WEIR_PROXY_DEVICE=${wish.device}`,
    `WEIR_PROXY_INTERFACE=${wish.bridge}`,
    `WEIR_PROXY_ADDRESS=${wish.address}`,
  ];
  writeFileSync(WISH_FILE, `${lines.join('\n')}\n`, { mode: 0o644 });
  systemctl('restart');
  process.stdout.write(
    `the TLS of ${wish.device} is looked into from now on. On the device: http://${wish.address}/ puts the authority there.\n` +
      'Say what is going on: weir proxy app NAME, weir proxy round after. End it: weir proxy stop\n',
  );
}

function stop(): void {
  systemctl('stop');
  process.stdout.write('stopped; the rules are gone\n');
}

function systemctl(word: string): void {
  const { status, stderr, error } = spawnSync('systemctl', [word, UNIT], { encoding: 'utf8' });
  if (status === 0) return;
  throw new WeirError(
    'USAGE',
    `systemctl ${word} ${UNIT} failed (${error?.message ?? stderr.split('\n', 1)[0]}); \`journalctl -u ${UNIT}\` says why. It needs root.`,
  );
}

async function fence(way: string, options: Options): Promise<void> {
  if (way === 'up') return raiseFence(wishOf(options), placesOf(options));
  if (way === 'down') return lowerFence(placesOf(options));
  throw new WeirError('USAGE', `fence is up or down, not ${way}; nothing was done.`);
}

/** The proxy is a child: however it ends, this process takes the rules down. */
async function inForeground(options: Options, wish: FenceWish): Promise<void> {
  const listener = LISTENERS.find((file) => existsSync(file));
  if (listener === undefined)
    throw new WeirError('USAGE', 'the program `listen` is missing; nothing was started. Install weir-proxy again.');
  const places = placesOf(options);
  await lowerFence(places);
  await raiseFence(wish, places);
  try {
    const main = fileURLToPath(new URL('../main.js', import.meta.url));
    const words = [
      'proxy',
      'run',
      '--fd',
      '@FD@',
      '--device',
      wish.device,
      '--own-address',
      wish.address,
      '--dir',
      options.dir,
    ];
    const trust = options.serverCa === undefined ? [] : ['--server-ca', options.serverCa];
    const child = spawn(listener, [String(PROXY_PORT), process.execPath, main, ...words, ...trust], {
      stdio: 'inherit',
    });
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass);
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (code !== 0) process.exitCode = code ?? 1;
  } finally {
    await lowerFence(places);
  }
}
