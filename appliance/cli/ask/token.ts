// weir token make|list|revoke: keys for scripts, each for some scopes. A token is shown once, on standard output, and nowhere else.

import { type Command, InvalidArgumentError } from 'commander';
import { WeirError } from '../../model/errors.ts';
import { TOKEN_SCOPES, type TokenScope } from '../../model/token-scopes.ts';
import type { TokenResponse, TokensResponse } from '../../publish/schemas/access.ts';
import { configOption } from '../config-option.ts';
import type { LocalOptions } from '../local-api.ts';
import { printAnswer } from '../print/answer.ts';
import { localOptions, printRows } from './print-rows.ts';

export function declareToken(weir: Command): void {
  const token = weir.command('token').description('Tokens for scripts: make, list, revoke.');
  localOptions(token.command('make'))
    .argument('<name>', 'letters, digits and _ . -, at most 40')
    .requiredOption('-s, --scope <scope>', `${TOKEN_SCOPES.join(', ')} (may be repeated)`, scope)
    .option('--days <days>', 'until it ends; without it never', days)
    .description('Make a token; it is shown this once. For `weir pull`: --scope summaries --scope captures.')
    .action(make);
  localOptions(token.command('list')).description('List tokens, what each may, and until when.').action(list);
  token
    .command('revoke')
    .argument('<name>', 'of the token')
    .addOption(configOption())
    .option('--json', 'the answer as JSON')
    .description('Take a token back.')
    .action(revoke);
}

async function make(name: string, options: LocalOptions & { scope: readonly string[]; days?: number }): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const body = { name, scopes: options.scope, days: options.days ?? null };
  const made = await askAppliance<TokenResponse>(options, 'POST', '/api/v1/tokens', body);
  process.stdout.write(options.json === true ? `${JSON.stringify(made, null, 2)}\n` : `${made.token}\n`);
}

async function list(options: LocalOptions): Promise<void> {
  const { askAppliance } = await import('../local-api.ts');
  const answer = await askAppliance<TokensResponse>(options, 'GET', '/api/v1/tokens');
  const rows = answer.tokens.map((one) => [
    one.name,
    one.scopes.join(' '),
    one.created,
    one.expires ?? 'never',
    one.last_use ?? 'never',
  ]);
  await printRows(options, answer, ['name', 'scopes', 'made', 'ends', 'last used'], rows, 'there is no token');
}

async function revoke(name: string, options: LocalOptions): Promise<void> {
  if (!/^[A-Za-z0-9_.-]{1,40}$/.test(name))
    throw new WeirError('USAGE', 'That is no name of a token; nothing was revoked.');
  const { askAppliance } = await import('../local-api.ts');
  await askAppliance(options, 'DELETE', `/api/v1/tokens/${name}`);
  printAnswer(options, { name, state: 'revoked' }, `${name}: revoked`);
}

function scope(text: string, before: readonly string[] = []): readonly string[] {
  if (!TOKEN_SCOPES.includes(text as TokenScope))
    throw new InvalidArgumentError(`there are ${TOKEN_SCOPES.join(', ')}.`);
  return before.includes(text) ? before : [...before, text];
}

function days(text: string): number {
  const count = Number(text);
  if (!/^\d{1,4}$/.test(text) || count < 1 || count > 3650)
    throw new InvalidArgumentError('not a whole number from 1 to 3650.');
  return count;
}
