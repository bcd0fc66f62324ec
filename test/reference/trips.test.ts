import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const APPLIANCE = fileURLToPath(new URL('../../../appliance', import.meta.url));

test('every file and function that the trips name is there', () => {
  const text = readFileSync(join(APPLIANCE, 'README.md'), 'utf8');
  const stops = [...text.matchAll(/`([\w./-]+\.ts)`(?:\s+`(\w+)\(\)`)?/g)];
  assert.ok(stops.length > 20, `${stops.length} files`);
  const missing = stops.filter(([, file = '', name]) => {
    const path = join(APPLIANCE, file);
    return (
      !existsSync(path) ||
      (name !== undefined && !new RegExp(`\\b${name}(?:<\\w+>)?\\(`).test(readFileSync(path, 'utf8')))
    );
  });
  assert.deepEqual(
    missing.map(([stop]) => stop),
    [],
  );
});
