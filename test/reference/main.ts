// Writes the reference pages again: `npm run build && node dist/test/reference/main.js`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from './pages.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

for (const { file, text } of referencePages()) {
  writeFileSync(join(ROOT, file), text);
  process.stdout.write(`${file}\n`);
}
