// `make run`: the simulated home (or a real interface), a broker, and pm2 with both processes of Weir, in the foreground.
// Everything is started in the order of the list below and stopped in the reverse.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HOME_CLI = fileURLToPath(new URL('./main.js', import.meta.url));

/** Between its end and its new beginning. */
const BROKER_PAUSE_MS = 2000;
const MAX_BROKER_ENDS = 10;

interface Demo {
  readonly folder: string;
  readonly interface: string | undefined;
  readonly port: number;
  readonly seed: number;
  readonly running: { readonly name: string; readonly process: ChildProcess }[];
  /** How often the broker ended by itself. */
  brokerEnds: number;
  brokerPort: number;
  stopping: boolean;
}

/** What `make run` does, in order. */
const STEPS = [
  checkPort,
  makeFolders,
  startHome,
  startBroker,
  writeConfiguration,
  startWeir,
  waitForPage,
  printPlaces,
] as const;

async function main(): Promise<void> {
  const demo = readArguments();
  // Each time: a second Ctrl-C must not end this process before the home and Weir are stopped.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(demo));
  for (const step of STEPS) {
    if (demo.stopping) return;
    await step(demo);
  }
}

function readArguments(): Demo {
  const { values } = parseArgs({
    options: {
      dir: { type: 'string', default: join(ROOT, '.weir') },
      interface: { type: 'string' },
      port: { type: 'string', default: '8080' },
      seed: { type: 'string', default: '1' },
    },
  });
  return {
    folder: resolve(values.dir),
    interface: values.interface,
    port: Number(values.port),
    seed: Number(values.seed),
    running: [],
    brokerEnds: 0,
    brokerPort: 0,
    stopping: false,
  };
}

/** A broker is none of what Weir needs: it may go and come again. One that never stays is a fault of the demo's. */
async function brokerEnded(demo: Demo, child: ChildProcess, how: string | number | null): Promise<void> {
  if (demo.stopping) return;
  demo.brokerEnds++;
  if (demo.brokerEnds > MAX_BROKER_ENDS) return ended(demo, 'broker', how);
  say(`the broker ended (${how}); Weir goes on without it, and it is started again`);
  await sleep(BROKER_PAUSE_MS);
  const at = demo.running.findIndex(({ process: known }) => known === child);
  demo.running.splice(at, 1);
  if (!demo.stopping) runBroker(demo);
}

/** Something else at the page's port would answer in its place. */
async function checkPort(demo: Demo): Promise<void> {
  const free = await freePort(demo.port).then(
    () => true,
    () => false,
  );
  if (free) return;
  say(
    `port ${demo.port} is in use, so the page cannot be served there; nothing was started. Take another: make run PORT=8090`,
  );
  process.exitCode = 1;
  demo.stopping = true;
}

function makeFolders(demo: Demo): void {
  for (const name of ['data', 'home', 'broker', 'logs', 'pm2']) mkdirSync(join(demo.folder, name), { recursive: true });
}

function start(demo: Demo, name: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const [command = '', ...args] = words;
  const log = openSync(join(demo.folder, 'logs', `${name}.log`), 'a', 0o640);
  // A group of its own: Ctrl-C reaches only this process, which then stops the others in order.
  const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, env: { ...process.env, ...env } });
  demo.running.push({ name, process: child });
  child.once('exit', (code, signal) => {
    closeSync(log);
    void (name === 'broker' ? brokerEnded(demo, child, code ?? signal) : ended(demo, name, code ?? signal));
  });
  child.once('error', (error) => void ended(demo, name, error.message));
  return child;
}

async function ended(demo: Demo, name: string, how: string | number | null): Promise<void> {
  if (demo.stopping) return;
  say(
    `${name} ended by itself (${how}); stopping everything. Its last words, from ${join(demo.folder, 'logs', `${name}.log`)}:`,
  );
  process.stderr.write(
    `${readFileSync(join(demo.folder, 'logs', `${name}.log`), 'utf8')
      .split('\n')
      .slice(-8)
      .join('\n')}\n`,
  );
  process.exitCode = 1;
  await stop(demo);
}

async function startHome(demo: Demo): Promise<void> {
  if (demo.interface !== undefined) return;
  const folder = join(demo.folder, 'home');
  writeFileSync(join(folder, 'home.json'), '{}');
  say('building a home of ten devices in network namespaces …');
  start(demo, 'home', [process.execPath, HOME_CLI, 'up', '--dir', folder, '--seed', String(demo.seed)]);
  await until(demo, 60, 'the home', () => readJson(join(folder, 'home.json'))?.['state'] === 'ready');
}

/** A broker of our own on loopback, with a password nobody knew before: none is configured here. */
async function startBroker(demo: Demo): Promise<void> {
  const folder = join(demo.folder, 'broker');
  const password = randomBytes(18).toString('base64url');
  demo.brokerPort = await freePort();
  writeFileSync(join(folder, 'password'), password, { mode: 0o600 });
  const made = spawnSync('mosquitto_passwd', ['-b', '-c', join(folder, 'users'), 'weir', password]);
  if (made.status !== 0) throw new Error(`mosquitto_passwd failed: ${String(made.stderr)}`);
  chmodSync(join(folder, 'users'), 0o600);
  const lines = [
    `listener ${demo.brokerPort} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${join(folder, 'users')}`,
  ];
  if (process.getuid?.() === 0) lines.push('user root');
  writeFileSync(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  runBroker(demo);
}

function runBroker(demo: Demo): void {
  const words = ['mosquitto', '-c', join(demo.folder, 'broker', 'mosquitto.conf')];
  start(demo, 'broker', words, { PATH: `${process.env['PATH']}:/usr/sbin` });
}

function writeConfiguration(demo: Demo): void {
  const settings = {
    data: { dir: join(demo.folder, 'data') },
    capture: { interface: demo.interface ?? 'br-weir', engine: engineFor(demo) },
    http: { port: demo.port },
    mqtt: {
      url: `mqtt://127.0.0.1:${demo.brokerPort}`,
      username: 'weir',
      password_file: join(demo.folder, 'broker', 'password'),
    },
  };
  writeFileSync(join(demo.folder, 'weir.yaml'), stringify(settings));
}

/** tcpdump must change groups, which the user namespace of somebody who is not root forbids. */
function engineFor(demo: Demo): 'tcpdump' | 'cap' {
  const home = readJson(join(demo.folder, 'home', 'home.json'));
  return demo.interface === undefined && home?.['userns'] !== undefined ? 'cap' : 'tcpdump';
}

function startWeir(demo: Demo): void {
  const inHome = [process.execPath, HOME_CLI, 'exec', '--dir', join(demo.folder, 'home'), '--'];
  start(
    demo,
    'pm2',
    [
      process.execPath,
      join(ROOT, 'node_modules', 'pm2', 'bin', 'pm2-runtime'),
      'start',
      join(ROOT, 'systemd', 'ecosystem.config.cjs'),
    ],
    {
      PM2_HOME: join(demo.folder, 'pm2'),
      PM2_DISABLE_VERSION_CHECK: '1',
      WEIR_CONFIG: join(demo.folder, 'weir.yaml'),
      WEIR_LOGS: join(demo.folder, 'logs'),
      WEIR_CAPTURE_PREFIX: JSON.stringify(demo.interface === undefined ? inHome : []),
    },
  );
}

async function waitForPage(demo: Demo): Promise<void> {
  await until(demo, 60, 'the page', async () => {
    const answer = await fetch(`http://127.0.0.1:${demo.port}/healthz`).catch(() => undefined);
    return answer?.ok === true;
  });
}

function printPlaces(demo: Demo): void {
  const rows = [
    ['page', `http://127.0.0.1:${demo.port}`],
    ['password', pagePassword(demo)],
    [
      'broker',
      `mqtt://127.0.0.1:${demo.brokerPort}  user weir, password in ${join(demo.folder, 'broker', 'password')}`,
    ],
    ['commands', `${makeCommand(demo)} devices`],
    ['captures', join(demo.folder, 'data', 'captures')],
    ['logs', join(demo.folder, 'logs')],
    ['stop', 'Ctrl-C'],
  ];
  process.stdout.write(`\n${rows.map(([name = '', text]) => `  ${name.padEnd(10)}${text}`).join('\n')}\n\n`);
}

/** `weir` with the settings of this demonstration. */
function makeCommand({ folder }: Demo): string {
  const path = join(folder, 'weir');
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const program = join(ROOT, 'dist/appliance/cli/main.js');
  const words = `WEIR_CONFIG=${quoted(join(folder, 'weir.yaml'))} exec node ${quoted(program)} "$@"`;
  writeFileSync(path, `#!/bin/sh\n${words}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The appliance says its password once, at its first start; for this demonstration it is kept next to the data. */
function pagePassword(demo: Demo): string {
  const kept = join(demo.folder, 'page-password');
  const said = /Password of the page: (\S+)/.exec(
    readFileSync(join(demo.folder, 'logs', 'weir-appliance.log'), 'utf8'),
  )?.[1];
  if (said !== undefined) writeFileSync(kept, said, { mode: 0o600 });
  return existsSync(kept) ? readFileSync(kept, 'utf8') : `was shown at the first start; \`make clean\` starts over`;
}

async function stop(demo: Demo): Promise<void> {
  if (demo.stopping) return;
  demo.stopping = true;
  say('stopping …');
  for (const { process: child } of demo.running.toReversed()) await end(child);
  say(`stopped; the captures stay in ${join(demo.folder, 'data', 'captures')}`);
}

/** SIGTERM, 20 s for capture to close its segments, then SIGKILL to what is left of the group. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const late = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), 20_000);
  await gone;
  clearTimeout(late);
}

async function until(
  demo: Demo,
  seconds: number,
  what: string,
  ready: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!demo.stopping && performance.now() < end) {
    if (await ready()) return;
    await sleep(200);
  }
  if (demo.stopping) return;
  say(`${what} did not come up within ${seconds} s; see ${join(demo.folder, 'logs')}`);
  process.exitCode = 1;
  await stop(demo);
}

function readJson(path: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** @throws Error EADDRINUSE where `port` is taken; 0 finds one that is free. */
function freePort(port = 0): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function say(line: string): void {
  process.stderr.write(`weir: ${line}\n`);
}

await main();
