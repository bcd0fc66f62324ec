// `npm run build:kernel`: after a change of appliance/analysis/kernel/assembly.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CODE, compileKernel } from './compile.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
writeFileSync(join(ROOT, CODE), compileKernel(ROOT));
