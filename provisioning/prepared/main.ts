// `npm run build:prepared`: the program that `weir analyze` starts in this tree, and its compiled code. The package makes its own
// (provisioning/deb) and compiles it where it is installed.

import { join, resolve } from 'node:path';
import { compilePrepared } from '../../appliance/cli/prepared.ts';
import { bundleProgram } from './bundle-program.ts';

const root = resolve(import.meta.dirname, '../../..');
await bundleProgram(root, join(root, 'dist'));
compilePrepared();
