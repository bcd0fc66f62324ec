// The copyright file: our licence, and that of every npm package whose code is in the package, word for word. Called by main.ts.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BundledFile } from './bundle.ts';
import { closure } from './packages.ts';

/** What of the data needs naming; the page and the README name it too. */
const DATA = `The table of countries and networks is compiled from DB-IP's IP-to-Country Lite and from RouteViews/DB-IP ASN data
(https://db-ip.com), licensed under Creative Commons Attribution 4.0 (https://creativecommons.org/licenses/by/4.0/).
The table of vendors is compiled from the IEEE registries through the npm package oui-data.`;

/** The page's libraries, which Vite bundles. */
const PAGE = ['preact', '@preact/signals', 'uplot'];
/** Its header is compiled into cap's module. */
const COMPILED_IN = ['cap', 'nan', 'classic-level', 'oui-data'];

/** classic-level's module holds LevelDB and Snappy. */
const INNER_LICENCES = ['deps/leveldb/leveldb-1.20/LICENSE', 'deps/snappy/snappy/COPYING'];

export function copyrightText(root: string, files: readonly BundledFile[]): string {
  const ours = [...bundledFolders(files), ...closure(root, PAGE), ...COMPILED_IN.map((name) => `node_modules/${name}`)];
  const parts = [
    'Weir: a Raspberry Pi access point that records what IoT devices say.',
    readFileSync(join(root, 'LICENSE'), 'utf8').trim(),
    DATA,
    'In /usr/lib/weir/appliance, /usr/lib/weir/native, /usr/lib/weir/node_modules and /usr/lib/weir/web, besides our own code:',
    ...notices(root, ours),
    'In /usr/lib/weir/pm2: pm2 with its libraries, an unmodified separate program. Source: https://github.com/Unitech/pm2',
    ...notices(root, closure(root, ['pm2'])),
  ];
  return `${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

/** Of one program alone: `modules` are paths of its source modules. */
export function bundledNotices(root: string, modules: readonly string[]): string {
  const file: BundledFile = {
    file: '',
    bytes: 0,
    imports: [],
    dynamicImports: [],
    modules: modules.map((path) => relative(root, path)),
  };
  const parts = [readFileSync(join(root, 'LICENSE'), 'utf8').trim(), ...notices(root, bundledFolders([file]))];
  return `${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

function bundledFolders(files: readonly BundledFile[]): readonly string[] {
  const folders = files.flatMap(({ modules }) =>
    modules.map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? ''),
  );
  return [...new Set(folders)].filter((folder) => folder !== '').sort();
}

/** One part for each wording; packages that share one (most of MIT's differ in a name) are listed above it. */
function notices(root: string, folders: readonly string[]): readonly string[] {
  const byText = new Map<string, string[]>();
  for (const folder of [...new Set(folders)].sort()) {
    const { name, version, license } = describe(root, folder);
    const text = licenceText(join(root, folder)) ?? `(the npm package holds no licence text; it declares: ${license})`;
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}`);
}

interface Described {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

function describe(root: string, folder: string): Described {
  const text = readFileSync(join(root, folder, 'package.json'), 'utf8');
  const { name, version, license, licenses } = JSON.parse(text) as {
    name: string;
    version: string;
    license?: string | { type: string };
    licenses?: readonly { type: string }[];
  };
  const declared =
    typeof license === 'object' ? license.type : (license ?? licenses?.map(({ type }) => type).join(' or '));
  return { name, version, license: declared ?? 'undeclared' };
}

function licenceText(folder: string): string | undefined {
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
    : [];
  const texts = [...names, ...INNER_LICENCES.filter((name) => existsSync(join(folder, name)))]
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
  return texts.length === 0 ? undefined : texts.map(shortened).join('\n\n');
}

/** Debian's policy (§12.5): what every Debian machine holds is named, not repeated. */
function shortened(text: string): string {
  const isApache = text.includes('Apache License') && text.includes('TERMS AND CONDITIONS FOR USE');
  return isApache ? 'Apache License, Version 2.0: /usr/share/common-licenses/Apache-2.0 on a Debian machine.' : text;
}
