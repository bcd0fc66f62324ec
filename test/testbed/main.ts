// `node dist/test/testbed/main.js`: the testbed home for the command line and for `make run`. home.ts does the work.
import { once } from 'node:events';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { homeUnavailable, openHome, startHome } from './home.ts';

const USAGE = `usage: main.js up --dir DIR [--seed N] [--quiet]     bring a home up, keep it until SIGTERM or SIGINT
       main.js exec --dir DIR -- CMD ARGS…          run a program on the router of a running home
       main.js intensive --dir DIR --seconds N      lively behaviour for N seconds
       main.js idle --dir DIR                       idle behaviour
       main.js quiesce --dir DIR | resume --dir DIR silence, and life again`;

const EXIT_USAGE = 2;
const EXIT_UNAVAILABLE = 3;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

interface Options {
  readonly dir: string;
  readonly seed: number;
  readonly seconds: number;
  readonly quiet: boolean;
  readonly command: readonly string[];
}

const VERBS: Readonly<Record<string, (options: Options) => Promise<number>>> = {
  up,
  exec,
  intensive: async ({ dir, seconds }) => (await openHome(dir).intensive(seconds), 0),
  idle: async ({ dir }) => (await openHome(dir).idle(), 0),
  quiesce: async ({ dir }) => (await openHome(dir).quiesce(), 0),
  resume: async ({ dir }) => (await openHome(dir).resume(), 0),
};

function say(text: string): void {
  process.stderr.write(`testbed: ${text}\n`);
}

async function up({ dir, seed, quiet }: Options): Promise<number> {
  const reason = homeUnavailable();
  if (reason !== undefined) {
    for (const line of reason.split('\n')) say(line);
    return EXIT_UNAVAILABLE;
  }
  const asked = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const home = await startHome({ dir, seed, onStep: quiet ? () => {} : say });
  if (!quiet) say(`ready: ${home.devices.length} devices, ${dir}/home.json`);
  const ended = await Promise.race([asked.then(() => undefined), home.ended()]);
  await home.stop();
  if (ended === undefined) return 0;
  say(ended);
  return 1;
}

/** In place of the program: its streams, its signals, its end. */
async function exec({ dir, command }: Options): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined) throw new TypeError('exec needs a command after --');
  const child = openHome(dir).exec(program, args, { stdio: 'inherit' });
  for (const signal of SIGNALS) {
    // At a terminal the whole foreground group has had SIGINT already.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

function readOptions(words: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      dir: { type: 'string' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      quiet: { type: 'boolean', default: false },
    },
  });
  const [seed, seconds] = [Number(values.seed), Number(values.seconds)];
  if (values.dir === undefined) throw new TypeError('--dir DIR is missing');
  if (!Number.isInteger(seed) || !(seconds > 0)) throw new TypeError('--seed and --seconds are numbers');
  return { dir: values.dir, seed, seconds, quiet: values.quiet, command: positionals };
}

async function main([verb = '', ...words]: readonly string[]): Promise<number> {
  const run = VERBS[verb];
  if (run === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return EXIT_USAGE;
  }
  return run(readOptions(words));
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exit(error instanceof TypeError ? EXIT_USAGE : 1);
  },
);
