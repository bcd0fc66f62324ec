// What comments cite is there: sections of DESIGN and CONVENTIONS, and files of the tree.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = { DESIGN: 'appliance/DESIGN.md', CONVENTIONS: 'appliance/CONVENTIONS.md' } as const;

function listFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(path);
    return [path];
  });
}

const FILES = ['appliance', 'test', 'web', 'provisioning', 'systemd'].flatMap(listFiles);
const SOURCES = FILES.filter((file) => /\.(ts|tsx)$/.test(file));

/** Comment lines of a file, with their number. */
function comments(file: string): (readonly [line: number, text: string])[] {
  return readFileSync(join(ROOT, file), 'utf8')
    .split('\n')
    .map((text, i) => [i + 1, text] as const)
    .filter(([, text]) => /^\s*(\/\/|\/?\*)/.test(text));
}

test('each section that a comment cites is in its page', () => {
  const missing: string[] = [];
  for (const file of SOURCES) {
    for (const [line, text] of comments(file)) {
      for (const [, page, section] of text.matchAll(/\b(DESIGN|CONVENTIONS)(?:\.md)? §(\d+)/g)) {
        const content = readFileSync(join(ROOT, PAGES[page as keyof typeof PAGES]), 'utf8');
        if (!content.includes(`\n## ${section}. `)) missing.push(`${file}:${line} cites ${page} §${section}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

test('each file of ours that a comment cites is in the tree', () => {
  const names = new Set(FILES.map((file) => basename(file)));
  const missing: string[] = [];
  for (const file of SOURCES) {
    for (const [line, text] of comments(file)) {
      for (const [cited] of text.matchAll(/(?<![\w/.-])[a-z][\w/-]*\.tsx?\b/g)) {
        const isThere = names.has(basename(cited)) && FILES.some((one) => one === cited || one.endsWith(`/${cited}`));
        if (!isThere) missing.push(`${file}:${line} cites ${cited}`);
      }
    }
  }
  assert.deepEqual(missing, []);
});

test('each file that a manual of the tree links is there', () => {
  const missing: string[] = [];
  for (const page of [...FILES, 'README.md', 'CONTRIBUTING.md'].filter((file) => file.endsWith('.md'))) {
    const text = readFileSync(join(ROOT, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      const path = relative(ROOT, join(ROOT, page, '..', target));
      if (
        !FILES.includes(path) &&
        !['CONTRIBUTING.md', 'LICENSE', 'README.md', 'REPRODUCED.md', 'SECURITY.md'].includes(path)
      )
        missing.push(`${page} links ${target}`);
    }
  }
  assert.deepEqual(missing, []);
});
