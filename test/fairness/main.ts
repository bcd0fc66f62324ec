// `node dist/test/fairness/main.js [DAYS]`: the table at full length, a month and a year.

import { run, scenarios, table } from './scenarios.ts';

const days = Number(process.argv[2] ?? 30);
const rows = scenarios(days).flatMap((scenario) => run(scenario));
process.stdout.write(`${table(rows)}\n`);
process.exitCode = rows.every((row) => row.isFair) ? 0 : 1;
