// weir pull: summaries, sidecars, ledger and chosen captures of any number of appliances into one archive, verified as they arrive.

import { type Command, InvalidArgumentError } from 'commander';
import { toError, WeirError } from '../../model/errors.ts';
import { type DeviceKey, parseDevice } from '../../model/mac.ts';
import { isPhase, type Phase } from '../../model/phase.ts';
import { INSTANT_HELP, parseInstant } from '../../model/time/clock.ts';
import type { Pulled } from '../../pull/pull-site.ts';
import type { PullSelection } from '../../pull/selection.ts';

interface PullFlags {
  readonly tokenFile?: string;
  readonly fingerprint?: string;
  readonly captures?: boolean;
  readonly device?: readonly DeviceKey[];
  readonly phase?: readonly Phase[];
  readonly tag?: readonly string[];
  readonly rule?: readonly string[];
  readonly from?: bigint;
  readonly to?: bigint;
  readonly limitRate?: number;
  readonly watch?: number;
  readonly json?: boolean;
}

export function declarePull(weir: Command): void {
  weir
    .command('pull')
    .argument(
      '<hosts-and-archive...>',
      'appliances (name or address, with :port where it is not 8080), and at last the archive’s folder',
    )
    .description(
      'Fetch summaries, sidecars, ledger and chosen captures of appliances into an archive, verified as they arrive.',
    )
    .option(
      '--token-file <file>',
      'the token, or lines “HOST TOKEN”; without it the variable WEIR_TOKEN. Scopes: summaries, captures',
    )
    .option(
      '--fingerprint <hex>',
      'of the public key of the page, as the appliance shows it; without it the first one that is seen is kept',
      fingerprint,
    )
    .option('--captures', 'all captures')
    .option('-d, --device <mac>', 'captures of this device (may be repeated)', devices)
    .option('-p, --phase <phase>', 'captures of this phase (may be repeated)', phases)
    .option('-t, --tag <tag>', 'captures during which this tag was open (may be repeated)', words)
    .option('-r, --rule <id>', 'captures that findings of this rule point to (may be repeated)', words)
    .option('--from <time>', 'captures with a packet at or after this time (ISO 8601, or seconds since 1970)', instant)
    .option('--to <time>', 'captures with a packet at or before this time', instant)
    .option('--limit-rate <bytes>', 'bytes a second of all hosts together: 500k, 2M', rate)
    .option('--watch <seconds>', 'again and again, so long after each round', seconds)
    .option('--json', 'what came as JSON, one line a round')
    .action(run);
}

async function run(words: readonly string[], flags: PullFlags): Promise<void> {
  const [{ Archive }, { parseHost }, { pullRound, readTokens }] = await Promise.all([
    import('../../pull/archive.ts'),
    import('../../pull/host-name.ts'),
    import('../../pull/pull-round.ts'),
  ]);
  const folder = words.at(-1) ?? '';
  const hosts = words.slice(0, -1).map(parseHost);
  if (hosts.length === 0)
    throw new WeirError(
      'USAGE',
      'Name at least one appliance and then the archive; nothing was fetched. weir pull pi.local ARCHIVE',
    );
  if (flags.fingerprint !== undefined && hosts.length > 1)
    throw new WeirError(
      'USAGE',
      '--fingerprint is of one appliance; nothing was fetched. Pull that one alone the first time.',
    );
  const tokens = readTokens(flags.tokenFile, process.env['WEIR_TOKEN']);
  const archive = await Archive.open(folder, true);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  const round = () =>
    pullRound({
      archive,
      hosts,
      tokens,
      selection: selectionOf(flags),
      bytesPerSecond: flags.limitRate ?? 0,
      signal: stop.signal,
      said: (message) => process.stderr.write(`weir: ${message}\n`),
      ...(flags.fingerprint === undefined ? {} : { fingerprint: flags.fingerprint }),
      ...(process.stderr.isTTY ? { progress: showProgress } : {}),
    });
  for (;;) {
    const ends = await round();
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    process.exitCode = ends.every(({ pulled }) => pulled !== undefined && pulled.altered.length === 0) ? 0 : 1;
    if (flags.json === true)
      process.stdout.write(
        `${JSON.stringify(ends.map(({ host, pulled, error }) => ({ host, pulled: pulled ?? null, error: error?.message ?? null })))}\n`,
      );
    else for (const { host, pulled, error } of ends) printEnd(host, pulled, error);
    if (flags.watch === undefined || stop.signal.aborted) return;
    const { sleep } = await import('../../pull/host-line.ts');
    await sleep(flags.watch * 1000, stop.signal).catch((thrown: unknown) => {
      if (!stop.signal.aborted) throw toError(thrown);
    });
    if (stop.signal.aborted) return;
  }
}

function selectionOf(flags: PullFlags): PullSelection {
  const { captures, device, phase, tag, rule, from, to } = flags;
  return {
    ...(captures === undefined ? {} : { all: captures }),
    ...(device === undefined ? {} : { devices: device }),
    ...(phase === undefined ? {} : { phases: phase }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(rule === undefined ? {} : { rules: rule }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function printEnd(host: string, pulled: Pulled | undefined, error: Error | undefined): void {
  if (pulled === undefined) {
    process.stderr.write(`weir: ${error?.message ?? host}${error instanceof WeirError ? ` [${error.code}]` : ''}\n`);
    return;
  }
  const { ledger, sidecars, captures, bytes, gone, altered, cost, ledgerLines, forgotten } = pulled;
  const came = `${ledger.lines} ledger lines, ${sidecars} sidecars, ${captures} captures (${bytes} bytes)`;
  const lost = gone === 0 ? '' : `; ${gone} are not served there, deleted since or not catalogued yet`;
  process.stdout.write(
    `${host}: appliance ${pulled.appliance}, site ${pulled.site.slice(0, 16)}: ${came}${lost}; verified up to line ${ledgerLines}; ${cost.bytes} bytes in ${cost.requests} requests${cost.cuts === 0 ? '' : `, ${cost.cuts} cuts`}\n`,
  );
  if (pulled.isBehind)
    process.stdout.write(`${host}: its analysis has not read everything yet; hourly rows wait for the next pull\n`);
  for (const one of forgotten) {
    const end = one.isHeld ? 'are kept, because the archive is held' : 'are removed from the archive';
    process.stdout.write(
      `${host}: ${one.device} was forgotten there by a signed line; its rows and ${one.captures} captures ${end}\n`,
    );
  }
  if (ledger.remark !== '') process.stdout.write(`${host}: ${ledger.remark}\n`);
  for (const why of altered) process.stderr.write(`weir: ${host}: ${why} [SITE_REFUSED]\n`);
}

function showProgress(host: string, step: string, done: number, of: number): void {
  process.stderr.write(`\r\u001b[K${host}: ${step} ${done} of ${of}`);
}

function fingerprint(text: string): string {
  const digits = text.toLowerCase().replaceAll(/[\s:-]/g, '');
  if (!/^[0-9a-f]{32,64}$/.test(digits)) throw new InvalidArgumentError('not 32 to 64 hex digits.');
  return digits;
}

function devices(text: string, list: readonly DeviceKey[] = []): readonly DeviceKey[] {
  const device = parseDevice(text);
  if (device === undefined) throw new InvalidArgumentError('not a MAC address.');
  return [...list, device];
}

function phases(text: string, list: readonly Phase[] = []): readonly Phase[] {
  if (!isPhase(text)) throw new InvalidArgumentError('not a phase.');
  return [...list, text];
}

function words(text: string, list: readonly string[] = []): readonly string[] {
  return [...list, text];
}

function instant(text: string): bigint {
  const ns = parseInstant(text);
  if (ns === undefined) throw new InvalidArgumentError(`${INSTANT_HELP}.`);
  return ns;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1000, m: 1_000_000, g: 1_000_000_000 };

function rate(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})([kmg]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toLowerCase()] ?? 1);
  if (digits === undefined || bytes < 1024)
    throw new InvalidArgumentError('not a rate of 1024 bytes a second or more.');
  return bytes;
}

function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('not a whole number of seconds.');
  return Number(text);
}
