// The payload kernel from its source to the module that carries it as text: no file to find at run time, nothing to
// compile where Weir is built. Called by main.ts, and by the test that compares the tree with what its source gives.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCES = ['payload', 'walker'].map((name) => `appliance/analysis/kernel/assembly/${name}.ts`);
/** Where the text belongs. */
export const CODE = 'appliance/analysis/kernel/payload-code.ts';
const COMPILER = 'node_modules/assemblyscript/bin/asc.js';
/** Of 64 KiB: tables, the reading buffer of one reader, room for a packet of another. It never grows: views would be lost. */
const PAGES = '64';
const OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
const LINE = 112;

/** Whether the compiler was installed (it is a development dependency). */
export function hasCompiler(root: string): boolean {
  return existsSync(join(root, COMPILER));
}

/** The text of CODE; `root` is the tree. */
export function compileKernel(root: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-kernel-'));
  try {
    const out = join(folder, 'payload.wasm');
    const memory = ['--initialMemory', PAGES, '--maximumMemory', PAGES];
    const parameters = [join(root, COMPILER), ...SOURCES, ...OPTIONS, ...memory, '-o', out];
    const { status, stderr } = spawnSync(process.execPath, parameters, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the kernel does not compile: ${stderr}`);
    return moduleText(readFileSync(out).toString('base64'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function moduleText(code: string): string {
  const lines = code.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  const text = lines.map((line) => `  '${line}'`).join(' +\n');
  return `// Made from assembly/ by \`npm run build:kernel\`; a test compares.\nexport const PAYLOAD_CODE =\n${text};\n`;
}
