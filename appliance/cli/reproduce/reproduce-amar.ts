// weir reproduce amar: captures through the connection tracker and the observer, one report.

import { WeirError } from '../../model/errors.ts';
import { parseMac } from '../../model/mac.ts';
import { printable } from '../../model/text.ts';
import { amarReport } from '../../reproduce/amar/amar-report.ts';
import { AmarObserver } from '../../reproduce/amar/observer.ts';
import { ConnTracker } from '../../reproduce/zeek/tracker.ts';
import { readCaptures } from '../files/read-captures.ts';
import type { ReproduceOptions } from './reproduce-options.ts';
import { documentOf } from './reproduce-paper.ts';
import { printReported, reportFiles, writeFiles } from './write-report.ts';

/** @throws WeirError FILE_UNREADABLE, NOT_A_CAPTURE, USAGE */
export async function reproduceAmar(
  path: string,
  options: ReproduceOptions & { readonly without: readonly string[] },
): Promise<void> {
  const without = options.without.map(macText);
  const document = await documentOf(path, options);
  const [tracker, observer] = [new ConnTracker(), new AmarObserver()];
  await readCaptures(path, { frame: (...record) => (tracker.frame(...record), observer.frame(...record)) });
  const files = reportFiles(amarReport(document, tracker, observer, without));
  writeFiles(options.out, files);
  printReported(options, files, document);
}

function macText(text: string): string {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw new WeirError(
    'USAGE',
    `A device is written aa:bb:cc:00:01:02, not ${printable(text, 20)}; nothing was reproduced.`,
  );
}
