// weir proxy har: what accepted apps said over HTTP, as a HAR file. Masked unless the content is asked for, which is evidence then.

import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCaptureFile } from '../../cli/files/capture-file.ts';
import { version } from '../../config/version.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { type ClearEnds, ClearReader } from '../content/clear-reader.ts';
import { HttpConversation } from '../content/exchanges.ts';
import { type EntryFacts, harEntry } from '../content/har.ts';
import { DIR_OPTION, type FolderOption } from '../places.ts';
import type { Attempt } from '../record/attempt.ts';
import { CONTENT_FILE, readAttempts } from '../record/run-record.ts';
import { chosenRuns } from './results.ts';

type Options = FolderOption & { readonly run?: string; readonly out: string; readonly content?: true };

export function declareHar(proxy: Command): void {
  proxy
    .command('har')
    .description('Write what accepted apps said over HTTP as a HAR 1.2 file, which browsers open. Values are masked.')
    .requiredOption('-o, --out <file>', 'the file to write; it must not exist')
    .option('--content', 'values and bodies as they were: treat the file as evidence')
    .option('--run <name>', 'one run instead of all')
    .option(...DIR_OPTION)
    .action(har);
}

async function har(options: Options): Promise<void> {
  const runs = chosenRuns(options);
  const file = createFile(options.out);
  const counts = { exchanges: 0, http: 0, others: 0 };
  try {
    const creator = { name: 'weir', version };
    writeSync(file, `{"log":{"version":"1.2","creator":${JSON.stringify(creator)},"pages":[],"entries":[`);
    for (const run of runs) {
      const factsOf = factsFrom(readAttempts(run));
      const reader = new ClearReader(
        (ends) =>
          new HttpConversation(ends, {
            exchange: (exchange) => {
              const entry = harEntry(exchange, factsOf(ends, exchange.request.began), options.content === true);
              writeSync(file, `${counts.exchanges++ === 0 ? '\n' : ',\n'}${JSON.stringify(entry)}`);
            },
            connection: (isHttp) => void (isHttp ? counts.http++ : counts.others++),
          }),
      );
      await readCaptureFile(join(run, CONTENT_FILE), reader, false);
      reader.finish();
    }
    writeSync(file, '\n]}}\n');
  } catch (thrown) {
    // Half a file would be taken for a whole one.
    rmSync(options.out, { force: true });
    throw thrown instanceof WeirError ? thrown : unwritable(options.out, thrown);
  } finally {
    closeSync(file);
  }
  const kind = options.content === true ? 'with content: treat it as evidence' : 'values masked';
  process.stdout.write(
    `${options.out}: ${counts.exchanges} exchanges of ${counts.http} connections, ${kind}; ${counts.others} connections spoke no HTTP\n`,
  );
}

/** Rows of connections by their ends; a port that was used twice is identified by its time. */
function factsFrom(attempts: readonly Attempt[]): (ends: ClearEnds, ms: number) => EntryFacts {
  const rows = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const key = `${attempt.client} ${attempt.address} ${attempt.port}`;
    const known = rows.get(key);
    if (known === undefined) rows.set(key, [attempt]);
    else known.push(attempt);
  }
  return ({ client, address, port }, ms) => {
    const own = rows.get(`${client} ${address} ${port}`) ?? [];
    const row = own.filter(({ ts }) => Date.parse(ts) <= ms).at(-1) ?? own[0];
    return { app: row?.app ?? '', round: row?.round ?? '', host: row?.host ?? address };
  };
}

/** Readable by its owner alone. @throws WeirError DATA_UNWRITABLE */
export function createFile(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (thrown) {
    throw unwritable(path, thrown);
  }
}

function unwritable(path: string, thrown: unknown): WeirError {
  return new WeirError(
    'DATA_UNWRITABLE',
    `${path}: ${toError(thrown).message}; nothing was written. Name another file with --out.`,
  );
}
