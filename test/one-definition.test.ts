// What is defined twice drifts apart: local addresses, default settings and the order of severities have one place each.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../appliance/config/load.ts';
import { isLocalAddress, isLocalBytes } from '../appliance/geo/scope.ts';
import { generator } from './analysis/packets.ts';
import { ipv6Bytes } from './cases/ipv6-frames.ts';

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Source files that match, by their path from the root. */
function filesWith(pattern: RegExp, folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))
    .filter((name) => pattern.test(readFileSync(join(ROOT, name), 'utf8')))
    .sort();
}

/** The authors' own rule, kept as they wrote it next to the right one. */
const QUOTED = ['appliance/reproduce/iotshark/metrics.ts'];

test('no file but geo/scope.ts says which addresses are local', () => {
  const tells =
    /(?:=== 192|startsWith\('192\.168|=== 172\b|startsWith\('fe8'|startsWith\('10\.'|0xfe\) === 0xfc|=== 0xfc)/;
  assert.deepEqual(filesWith(tells, 'appliance'), QUOTED);
});

test('the order of severities is declared once', () => {
  const lists = /\[\s*'high',\s*'medium',\s*'low'\s*\]/;
  assert.deepEqual(filesWith(lists, 'appliance'), ['appliance/model/severity.ts']);
});

test('the default of a setting is written where the setting is, and nowhere else', () => {
  const written = defaultTexts(loadConfig(undefined).config).filter((text) => /[/*-]/.test(text));
  assert.ok(written.includes('/var/lib/weir') && written.includes('br-weir') && written.length >= 6, written.join());
  for (const text of written) {
    const quoted = new RegExp(`['"\`]${text.replaceAll(/[/*.]/g, '\\$&')}['"\`]`);
    const others = filesWith(quoted, 'appliance').filter((name) => !name.startsWith('appliance/config/'));
    assert.deepEqual(others, [], text);
  }
  const fallback = /\b(?:config|settings)(?:\.[a-z_]+){2,} \?\? (?:\d|'|"|true|false)/;
  assert.deepEqual(filesWith(fallback, 'appliance'), []);
});

/** At any depth. */
function defaultTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(defaultTexts) : [];
}

test('bytes and text of an address have one answer', () => {
  const random = generator(15);
  const edges = [
    '9.255.255.255',
    '10.0.0.0',
    '100.63.255.255',
    '100.64.0.0',
    '127.1.2.3',
    '169.254.0.1',
    '172.15.0.1',
    '172.16.0.0',
    '172.32.0.0',
    '192.0.2.1',
    '192.168.0.0',
    '192.169.0.0',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
  ];
  const others = Array.from({ length: 5000 }, () => Array.from({ length: 4 }, () => random() & 255).join('.'));
  for (const ip of [...edges, ...others]) {
    assert.equal(isLocalBytes(Uint8Array.from(ip.split('.'), Number), 0, 4), isLocalAddress(ip), ip);
  }
  for (const ip of [
    '::1',
    '::',
    'fe80::1',
    'febf::1',
    'fec0::1',
    'fc00::1',
    'fd00::1',
    'ff02::1',
    '2a02:810a::1',
    '2001:db8::1',
    '::ffff:a00:1',
    '::ffff:808:808',
    '64:ff9b::a00:1',
  ]) {
    assert.equal(isLocalBytes(ipv6Bytes(ip), 0, 6), isLocalAddress(ip), ip);
  }
});
