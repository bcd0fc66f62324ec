// weir campaign check|list|start|status|done|skip|abort: experiments that run themselves. `check` needs no appliance; the others ask it.

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { CampaignResponse, CampaignStarted, CampaignsResponse } from '../../publish/schemas/campaign.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { type AnswerOptions, printAnswer } from '../print/answer.ts';

type Run = NonNullable<CampaignResponse['campaign']>;

interface StartOptions extends LocalOptions {
  readonly device?: string;
  readonly follow?: boolean;
}

export function declareCampaign(weir: Command): void {
  const campaign = weir.command('campaign').description('Run an experiment of many steps: EXPERIMENTS.md.');
  campaign
    .command('check')
    .argument('<campaign>', 'a file, or the name of one')
    .option('--json', 'the plan and its mistakes as JSON')
    .description('Say what a campaign would do, and everything that is wrong with it; starts nothing.')
    .action(check);
  campaign
    .command('list')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .description('List the campaigns that come with Weir and those in /etc/weir/campaigns.')
    .action(list);
  campaign
    .command('start')
    .argument('<campaign>', 'a file, or the name of one')
    .option('-d, --device <device>', 'for every step, whatever the file says')
    .option('-f, --follow', 'stay, show each next action, and take Enter for done')
    .option('--json', 'the answer as JSON')
    .addOption(configOption())
    .description('Start a campaign.')
    .action(start);
  campaign
    .command('status')
    .option('-f, --follow', 'stay, show each next action, and take Enter for done')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .description('Show the state of the newest campaign and what is to be done now.')
    .action(status);
  for (const [verb, description, words] of [
    ['done', 'You did what the campaign asked for.', 'confirmed'],
    ['skip', 'Leave the current step; what was recorded of it does not count.', 'left'],
    ['abort', 'End the campaign; what was accepted stays.', 'aborted'],
  ] as const) {
    campaign
      .command(verb)
      .addOption(configOption())
      .option('--json', 'the answer as JSON')
      .description(description)
      .action(async (options: LocalOptions) => {
        const { askAppliance } = await import('../local-api.ts');
        await askAppliance(options, 'POST', `/api/v1/campaign/${verb}`, undefined);
        printAnswer(options, { state: words }, words);
      });
  }
}

async function textOf(word: string): Promise<string> {
  const { findCampaign, readCampaignFile } = await import('../../experiment/campaign/campaign-files.ts');
  return readCampaignFile(existsSync(word) || /[./]/.test(word) ? word : findCampaign(word).path);
}

async function check(word: string, options: AnswerOptions): Promise<void> {
  const [{ checkCampaign }, { planSeconds }] = await Promise.all([
    import('../../experiment/campaign/check.ts'),
    import('../../experiment/campaign/plan.ts'),
  ]);
  const { plan, mistakes } = checkCampaign(await textOf(word));
  if (plan === null) process.exitCode = 2;
  if (options.json === true) return printAnswer(options, { plan, mistakes }, '');
  for (const { line, message } of mistakes) process.stdout.write(`${word}:${line}: ${message}\n`);
  if (plan === null) {
    process.stdout.write(`${mistakes.length} mistakes; it would not be started.\n`);
    return;
  }
  const rows = plan.steps.map((step, at) => [
    String(at + 1),
    step.name,
    step.phase,
    step.interaction,
    step.tag ?? '',
    step.device ?? 'all',
    spanText(step.seconds),
  ]);
  const { tableText } = await import('../print/print.ts');
  process.stdout.write(`${tableText(['', 'step', 'phase', 'interaction', 'tag', 'device', 'recorded'], rows)}\n`);
  process.stdout.write(
    `${plan.name}: ${plan.steps.length} recordings, at least ${spanText(planSeconds(plan))}. No mistakes.\n`,
  );
}

async function list(options: LocalOptions): Promise<void> {
  const [{ askAppliance }, { printRows }] = await Promise.all([
    import('../local-api.ts'),
    import('../ask/print-rows.ts'),
  ]);
  const answer = await askAppliance<CampaignsResponse>(options, 'GET', '/api/v1/campaigns');
  const rows = answer.campaigns.map(({ name, ready_made, about, recordings, seconds, mistakes }) => [
    name,
    ready_made ? 'comes with Weir' : 'own',
    recordings === null ? '' : String(recordings),
    seconds === null ? '' : spanText(seconds),
    mistakes.length === 0 ? about : `${mistakes.length} mistakes: weir campaign check ${name}`,
  ]);
  await printRows(options, answer, ['name', 'from', 'recordings', 'at least', 'about'], rows, 'there is no campaign');
}

/** A file is read here, as the user who asks; a name is looked up by the appliance. */
async function start(word: string, options: StartOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const isFile = existsSync(word) || /[./]/.test(word);
  const source = isFile ? { text: await textOf(word) } : { name: word };
  const body = { ...source, device: options.device ?? null };
  const { run } = await askAppliance<CampaignStarted>(options, 'POST', '/api/v1/campaign/start', body);
  printAnswer(options, { run, state: 'started' }, `${run}: started`);
  if (options.follow === true) await follow(options);
}

async function status(options: StartOptions): Promise<void> {
  if (options.follow === true) return follow(options);
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<CampaignResponse>(options, 'GET', '/api/v1/campaign');
  const { campaign } = answer;
  if (options.json === true) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else process.stdout.write(campaign === null ? 'no campaign was started yet\n' : await statusText(campaign));
}

async function statusText(run: Run): Promise<string> {
  const { tableText } = await import('../print/print.ts');
  const rows = run.results.map(({ number, name, outcome, attempts, reason, from }) => [
    String(number),
    name,
    outcome,
    String(attempts),
    from ?? '',
    reason,
  ]);
  const done =
    rows.length === 0 ? '' : `${tableText(['', 'step', 'verdict', 'attempts', 'from', 'what was found'], rows)}\n`;
  return `${run.run}: ${run.state}, ${run.results.length} of ${run.steps} steps\n${done}${nowText(run)}\n`;
}

function nowText({ step, say, asks, seconds_left: left, reason }: Run): string {
  const where = step === null ? '' : `Step ${step.number}, ${step.name}, attempt ${step.attempt}: `;
  const time = left === null ? '' : ` (${spanText(left)} left)`;
  const again = reason === '' || step === null ? '' : ` Again, because: ${reason}.`;
  return `${where}${say}${time}${asks ? ' Then: weir campaign done' : ''}${again}`;
}

const FOLLOW_MS = 1000;

/** Until the campaign is over. Says each thing once. */
async function follow(options: LocalOptions): Promise<void> {
  const [{ askAppliance }, { setTimeout: pause }, { createInterface }] = await Promise.all([
    import('../local-api.ts'),
    import('node:timers/promises'),
    import('node:readline'),
  ]);
  let asks = false;
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => {
    if (!asks) return;
    asks = false;
    askAppliance(options, 'POST', '/api/v1/campaign/done').catch((thrown: unknown) =>
      process.stderr.write(`weir: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`),
    );
  });
  try {
    for (let said = ''; ; ) {
      const { campaign } = await askAppliance<CampaignResponse>(options, 'GET', '/api/v1/campaign');
      if (campaign === null) return void process.stdout.write('no campaign was started yet\n');
      const { step, say } = campaign;
      const key = `${step?.number} ${step?.attempt} ${say}`;
      if (key !== said) process.stdout.write(`\n${nowText(campaign)}${campaign.asks ? ', or press Enter' : ''}\n`);
      if (key !== said) asks = campaign.asks;
      said = key;
      if (campaign.state !== 'running') return undefined;
      await pause(FOLLOW_MS);
    }
  } finally {
    lines.close();
    process.stdin.destroy();
  }
}

/** `7 d`, `2 h 5 min`, `40 s`: the two largest units. */
function spanText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const units = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ] as const;
  const shown = units.filter(([value]) => value > 0).slice(0, 2);
  return shown.length === 0 ? '0 s' : shown.map(([value, unit]) => `${value} ${unit}`).join(' ');
}
