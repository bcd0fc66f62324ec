// Prints the confusion of platforms over all shared captures. `node dist/test/confusion/platforms-main.js`

import { BUILT_IN } from '../../appliance/analysis/platforms/rule-folder.ts';
import { describeTable, judgePlatforms, tableOf } from './platforms.ts';

const units = await judgePlatforms(() => true);
const platforms = [...new Set(BUILT_IN.rules.map(({ platform }) => platform))].sort();
process.stdout.write(`${describeTable(tableOf(units), platforms).join('\n')}\n`);
