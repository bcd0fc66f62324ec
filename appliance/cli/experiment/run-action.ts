// weir run-action: what weir-action@.service runs for each question on its socket. Standard input is the connection: one line
// `NAME SECONDS`, and one line of JSON goes back. It runs as a user of its own, owns nothing, and starts only what action-folder.ts lets.

import type { Command } from 'commander';

/** A name and a number of seconds. */
const MAX_QUESTION = 200;
const QUESTION_MS = 5000;
/** An action takes at most an hour, whatever the campaign says. */
const MAX_SECONDS = 3600;
/** Of what a program printed, the end. */
const MAX_OUTPUT = 2000;
/** A program inherits nothing of the machine's settings. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8', HOME: '/nonexistent' } as const;

export function declareRunAction(weir: Command): void {
  weir
    .command('run-action', { hidden: true })
    .argument('[folder]', 'where the programs lie')
    .description('Run one program for a campaign; started by weir-action.socket.')
    .action(run);
}

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

async function run(folder: string | undefined): Promise<void> {
  const [{ ACTION_FOLDER, actionProblem }, path] = await Promise.all([
    import('../../experiment/campaign/action-folder.ts'),
    import('node:path'),
  ]);
  const question = /^(\S{1,64}) (\d{1,4})$/.exec(await readQuestion());
  const [, name = '', seconds = ''] = question ?? [];
  const place = folder ?? ACTION_FOLDER;
  const problem = question === null ? 'the question is none' : actionProblem(place, name);
  const limit = Math.min(MAX_SECONDS, Math.max(1, Number(seconds)));
  const answer = problem === '' ? await runProgram(path.join(place, name), name, limit) : { ok: false, text: problem };
  await new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, () => resolve()));
  process.stdin.destroy();
}

function readQuestion(): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const end = () => {
      clearTimeout(timer);
      process.stdin.pause();
      resolve(text.split('\n', 1)[0] ?? '');
    };
    const timer = setTimeout(end, QUESTION_MS);
    process.stdin.setEncoding('utf8');
    process.stdin.on('data', (part: string) => {
      text += part;
      if (text.includes('\n') || text.length > MAX_QUESTION) end();
    });
    process.stdin.on('end', end);
    process.stdin.on('error', end);
  });
}

/** Without a shell, without arguments, without input; what it started ends with it. */
async function runProgram(path: string, name: string, seconds: number): Promise<Answer> {
  const [{ spawn }, { printable }] = await Promise.all([import('node:child_process'), import('../../model/text.ts')]);
  return new Promise((resolve) => {
    // A group of its own, so that its children end with it.
    const child = spawn(path, [], { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT, cwd: '/', detached: true });
    let output = '';
    let isLate = false;
    const keep = (part: Buffer) => {
      output = `${output}${part.toString('utf8')}`.slice(-MAX_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setTimeout(() => {
      isLate = true;
      endGroup(child.pid);
    }, seconds * 1000);
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, text: printable(`${name} cannot be run: ${error.message}`, 200) });
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      endGroup(child.pid);
      const last = printable(output.trim().split('\n').at(-1) ?? '', 120);
      const said = last === '' ? '' : `: ${last}`;
      if (isLate) resolve({ ok: false, text: `${name} was ended after ${seconds} s${said}` });
      else resolve({ ok: code === 0, text: `${name} ended with ${code ?? signal}${said}` });
    });
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
