#!/usr/bin/env node
// Where the app proxy begins: the table of contents of `weir proxy`, a program of its own that the rest of Weir never loads.

import type { Command } from 'commander';
import { runWeir } from '../cli/run-weir.ts';
import { declareApk } from './verbs/apk.ts';
import { declareCa } from './verbs/ca.ts';
import { declareHar } from './verbs/har.ts';
import { declareResults } from './verbs/results.ts';
import { declareRun } from './verbs/run.ts';
import { declarePcapng } from './verbs/secrets-file.ts';
import { declareStart } from './verbs/start.ts';
import { declareSteering } from './verbs/steer.ts';
import { declareWords } from './verbs/words.ts';

/** In the order in which they are met. */
const VERBS = [
  declareStart,
  declareRun,
  declareSteering,
  declareResults,
  declareHar,
  declarePcapng,
  declareCa,
  declareApk,
  declareWords,
] as const;

await runWeir([
  (weir: Command) => {
    const proxy = weir
      .command('proxy')
      .description(
        'Ask which apps let their TLS be looked into, and see what they say. Only with consent of their users.',
      );
    for (const declare of VERBS) declare(proxy);
  },
]);
