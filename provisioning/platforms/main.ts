// `npm run build:platforms`: after a change of appliance/analysis/platforms/rules. What it makes is in the tree, so that no
// parser is loaded at a start; a test holds the two together.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_IN_FILE, builtInText } from './built-in-text.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
writeFileSync(join(ROOT, BUILT_IN_FILE), builtInText(ROOT));
