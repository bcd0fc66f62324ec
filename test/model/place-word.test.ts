import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANYCAST_WORD, countryName } from '../../appliance/model/place-word.ts';

test('a country has its English name', () => {
  assert.equal(countryName('DE'), 'Germany');
  assert.equal(countryName('NL'), 'Netherlands');
});

test('an address that answers from many places has no country', () => {
  assert.equal(countryName(null), ANYCAST_WORD);
});

test('what no table knows is unknown', () => {
  for (const code of [undefined, '', 'XX', 'XA']) assert.equal(countryName(code), 'unknown');
});

test('the captured network is no country', () => {
  assert.equal(countryName('local'), 'local network');
});

test('what is no code of a country stays as it is', () => {
  for (const code of ['de', 'ZZZ', '1A', '\u001b[2J']) assert.equal(countryName(code), code);
});
