// weir ap run|stop|status|check|render: the access point. `run` is what weir-ap.service starts.

import type { Command } from 'commander';
import type { ApStatus } from '../ap/status/status.ts';
import { WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { configOption } from './config-option.ts';
import { type AnswerOptions, jsonOption, printAnswer } from './print/answer.ts';

interface ConfigOption extends AnswerOptions {
  readonly config?: string;
}

const STOP_MS = 20_000;

export function declareAp(weir: Command): void {
  const ap = weir.command('ap').description('Run the access point, and say how it is.');
  const verb = (name: string, description: string) =>
    ap.command(name).description(description).addOption(configOption());
  verb('run', 'Bring the access point up and keep it up, until stopped.').action(run);
  jsonOption(ap.command('stop')).description('Stop it and take back everything that was set.').action(stop);
  ap.command('status').description('Show how it is and who is on it.').option('--json', 'as JSON').action(status);
  jsonOption(verb('check', 'Say whether it could be brought up as configured; nothing is changed.')).action(check);
  jsonOption(verb('render', 'Write what would be set into a folder; nothing is changed.'))
    .argument('<folder>')
    .action(render);
}

async function run(options: ConfigOption): Promise<void> {
  const [{ loadConfig }, { holdLock }, { Supervisor }, { ServiceNotify }] = await Promise.all([
    import('../config/load.ts'),
    import('../ap/lock.ts'),
    import('../ap/supervisor.ts'),
    import('../health/service-notify.ts'),
  ]);
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
  const { config } = loadConfig(options.config);
  const notify = new ServiceNotify();
  if (!config.ap.enabled) {
    say('ap.enabled is false; there is nothing to do');
    notify.start(() => true);
    return notify.stop();
  }
  if (process.getuid?.() !== 0)
    throw new WeirError(
      'AP_REFUSED',
      'the access point needs root; nothing was started. `systemctl start weir-ap` starts it.',
    );
  await holdLock();
  let isReady = false;
  const ready = () => {
    if (!isReady) notify.start(() => supervisor.isAlive);
    isReady = true;
  };
  const supervisor = new Supervisor(config, { say, ready });
  supervisor.start();
  say(`stopping: ${await asked}`);
  notify.stop();
  await supervisor.stop();
}

function say(text: string): void {
  process.stderr.write(`weir ap: ${printable(text, 500)}\n`);
}

/** Asks the one that runs; where it died, takes back what it left. */
async function stop(options: AnswerOptions): Promise<void> {
  const [{ readApStatus }, { Changes }, { REMOVE_FIREWALL }, { endLeftover }] = await Promise.all([
    import('../ap/status/status-reader.ts'),
    import('../ap/machine/changes.ts'),
    import('../ap/render/render-firewall.ts'),
    import('../ap/machine/daemon.ts'),
  ]);
  const pid = readApStatus().status?.pid;
  if (pid !== undefined && (await isSupervisor(pid))) {
    process.kill(pid, 'SIGTERM');
    await untilGone(pid);
    return printAnswer(options, { was_running: true }, 'the access point is stopped');
  }
  for (const name of ['hostapd', 'dnsmasq']) endLeftover(name);
  await new Changes().undo(REMOVE_FIREWALL);
  printAnswer(options, { was_running: false }, 'no access point was running; what one had left was taken back');
}

async function isSupervisor(pid: number): Promise<boolean> {
  const { readText } = await import('../ap/machine/machine.ts');
  return /\0ap\0run(\0|$)/.test(readText(`/proc/${pid}/cmdline`) ?? '');
}

async function untilGone(pid: number): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  const end = performance.now() + STOP_MS;
  while (await isSupervisor(pid)) {
    if (performance.now() > end)
      throw new WeirError(
        'AP_FAILED',
        `process ${pid} did not end within ${STOP_MS / 1000} s; \`kill -9 ${pid}\`, then stop again.`,
      );
    await sleep(100);
  }
}

async function status(options: { json?: boolean }): Promise<void> {
  const [{ readApStatus }, { apStatusText }] = await Promise.all([
    import('../ap/status/status-reader.ts'),
    import('../ap/status/status-text.ts'),
  ]);
  const { status: known, reason } = readApStatus();
  if (options.json === true) process.stdout.write(`${JSON.stringify(known satisfies ApStatus | null, null, 2)}\n`);
  else process.stdout.write(`${known === null ? reason : apStatusText(known, reason)}\n`);
  process.exitCode = known?.state === 'up' && reason === '' ? 0 : 1;
}

async function check(options: ConfigOption): Promise<void> {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const folder = mkdtempSync('/tmp/weir-ap-');
  try {
    await planInto(options, folder, true);
    printAnswer(options, { can_start: true }, 'the access point can be brought up as configured');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function render(folder: string, options: ConfigOption): Promise<void> {
  const files = await planInto(options, folder, false);
  printAnswer(options, files, Object.values(files).join('\n'));
}

async function planInto(options: ConfigOption, folder: string, isChecked: boolean): Promise<object> {
  const [{ loadConfig }, { prepare }, { Changes }, { checkFiles, writeFiles }] = await Promise.all([
    import('../config/load.ts'),
    import('../ap/prepare.ts'),
    import('../ap/machine/changes.ts'),
    import('../ap/machine/apply.ts'),
  ]);
  const { plan } = await prepare(loadConfig(options.config).config, new Changes(), false);
  const files = writeFiles(plan, folder);
  if (isChecked) await checkFiles(files);
  return files;
}
