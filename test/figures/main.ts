// Prints how the tree is built next to the codebases it is measured against: `node dist/test/figures/main.js`; with `untested`
// the list of files without a test of their name, for test/figures/untested.txt.

import { circlesOf, foldersOf, functionsOf, quantile, untested } from './figures.ts';
import { readTree, type SourceFile } from './tree.ts';

/** Other codebases, measured once by another script: lines of files and of functions. */
const ANCHORS = [
  { name: 'mitmproxy', files: 253, file: [111, 497, 1893], fun: [6, 25, 88, 770], long: 63 },
  { name: 'gopacket/layers', files: 79, file: [166, 722, 11_351], fun: [4, 30, 140, 348], long: null },
  { name: 'zigbee-herdsman/src', files: 197, file: [78, 1150, 9110], fun: [10, 38, 128, 476], long: 100 },
  { name: 'aedes', files: 14, file: [87, 427, 493], fun: [8, 33, 109, 151], long: 4 },
] as const;

const appliance = readTree('appliance');
const page = readTree('web/src');
const tests = readTree('test');

if (process.argv[2] === 'untested') {
  process.stdout.write(`${untested(appliance, tests).join('\n')}\n`);
} else {
  const rows = [
    ['', 'files', 'file p50', 'p90', 'max', 'function p50', 'p90', 'p99', 'max', '> 60'],
    measured('Weir appliance', appliance),
    measured('Weir web/src', page),
    measured('Weir test', tests),
    ...ANCHORS.map(({ name, files, file, fun, long }) => [name, files, ...file, ...fun, long ?? '?'].map(String)),
  ];
  for (const row of rows)
    process.stdout.write(`${row.map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(13))).join('')}\n`);
  const all = [...appliance, ...page];
  const [largest] = foldersOf(all);
  const without = untested(appliance, tests).length;
  process.stdout.write(`
circles of imports, types included   ${circlesOf(all).length}
largest folder                       ${largest?.files} files, ${largest?.folder}
largest file                         ${longestFile(all)}
longest function                     ${longestFunction(all)}
files with a test of their name      ${((1 - without / appliance.length) * 100).toFixed(0)} % of ${appliance.length} in appliance/ (types alone count as tested)
`);
}

function measured(name: string, files: readonly SourceFile[]): string[] {
  const sizes = files.map(({ lines }) => lines.length);
  const functions = files.flatMap(functionsOf).map(({ lines }) => lines);
  const cells = [
    files.length,
    ...[0.5, 0.9, 1].map((share) => quantile(sizes, share)),
    ...[0.5, 0.9, 0.99, 1].map((share) => quantile(functions, share)),
    functions.filter((lines) => lines > 60).length,
  ];
  return [name, ...cells.map(String)];
}

function longestFile(files: readonly SourceFile[]): string {
  const longest = files.reduce((x, y) => (y.lines.length > x.lines.length ? y : x));
  return `${longest.lines.length} lines, ${longest.path}`;
}

function longestFunction(files: readonly SourceFile[]): string {
  const longest = files.flatMap(functionsOf).reduce((x, y) => (y.lines > x.lines ? y : x));
  return `${longest.lines} lines, ${longest.path}: ${longest.head}`;
}
