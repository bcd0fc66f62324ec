// An address that answers from many places is called so in one word, wherever a country would be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANYCAST_WORD } from '../../appliance/model/place-word.ts';
import { countryName } from '../../web/src/format/words.ts';
import { udp } from '../analysis/packets.ts';
import { DEVICE, documentOf } from './frames.ts';

test('a resolver everywhere has no country but the one word, in the document and on the page', () => {
  const resolver = { mac: '02:00:00:00:00:01', ip: '9.9.9.9', port: 5353 };
  const document = documentOf([udp(DEVICE, resolver, new Uint8Array(40)), udp(resolver, DEVICE, new Uint8Array(40))]);
  assert.deepEqual(Object.keys(document.countries), [ANYCAST_WORD]);
  assert.equal(document.destinations[0]?.country, null);
  assert.equal(countryName(document.destinations[0]?.country), ANYCAST_WORD);
});
