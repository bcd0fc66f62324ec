// The sentences: what they claim is what the facts hold, for the gravest fact first, and they stay true where little is known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeviceFacts, deviceSentences, gravity } from '../../../appliance/model/sentences/device-sentences.ts';
import { plainSentence, plainSentences } from '../../../appliance/model/sentences/sentence.ts';
import { contentsOf, formOf, type Talk } from '../../../appliance/model/sentences/talk.ts';

const talk = (more: Partial<Talk>): Talk => ({
  scope: 'internet',
  form: 'protected',
  contents: [],
  country: 'IE',
  organisation: 'Amazon',
  up: 1000,
  down: 10,
  ...more,
});

const facts = (talks: readonly Talk[], more: Partial<DeviceFacts> = {}): DeviceFacts => ({
  id: '7811dc200001',
  address: '78:11:dc:20:00:01',
  name: 'Hall camera',
  maker: 'Xiaomi',
  category: 'camera',
  talks,
  graveFindings: 0,
  ...more,
});

const first = (given: DeviceFacts): string => plainSentences(deviceSentences(given, 'today'))[0] ?? '';

const PICTURES = talk({
  form: 'readable',
  contents: ['pictures'],
  country: 'CN',
  organisation: 'Alibaba',
  up: 5_700_000,
});

test('the gravest fact comes first, with content, place, owner and bytes', () => {
  const said = plainSentences(deviceSentences(facts([talk({}), PICTURES]), 'today'));
  assert.deepEqual(said, [
    'Hall camera sends pictures, readable by anyone on the way, to China (Alibaba), 5.70 MB today.',
    'It sends data, encrypted, to Ireland (Amazon), 1.00 kB today.',
  ]);
});

test('the exact number follows the rounded one, the code behind the country', () => {
  const [sentence] = deviceSentences(facts([PICTURES]), 'today');
  const nouns = sentence?.parts.flatMap(({ noun, value }) => (noun === undefined ? [] : [[noun, value]]));
  assert.deepEqual(nouns, [
    ['device', '7811dc200001'],
    ['content', 'pictures'],
    ['form', 'readable'],
    ['country', 'CN'],
    ['organisation', 'Alibaba'],
    ['bytes', '5700000'],
  ]);
});

test('without name, place, owner and content the sentence still says what is known', () => {
  const unknown = talk({ form: 'readable', country: 'XX', organisation: '' });
  const nobody = facts([unknown], { name: '', maker: null, category: null });
  assert.equal(
    first(nobody),
    'Device 78:11:dc:20:00:01 sends data, readable by anyone on the way, to the Internet, 1.00 kB today.',
  );
});

test('what answers from many places is in no certain country', () => {
  const anywhere = talk({ country: 'CDN/anycast', organisation: 'Cloudflare' });
  assert.match(first(facts([anywhere])), /to no certain country \(Cloudflare\), 1\.00 kB/);
});

test('countries and owners beyond two are counted', () => {
  const places = [
    talk({ country: 'CN', organisation: 'A', up: 9000 }),
    talk({ country: 'CN', organisation: 'B', up: 8000 }),
    talk({ country: 'CN', organisation: 'C', up: 7000 }),
    talk({ country: 'DE', organisation: 'D', up: 600 }),
    talk({ country: 'FR', organisation: 'E', up: 500 }),
  ];
  assert.match(first(facts(places)), /to China \(A, B and 1 other\), Germany \(D\) and 1 further country, 25\.1 kB/);
});

test('what mostly comes is received, what goes both ways is exchanged', () => {
  assert.match(
    first(facts([talk({ up: 10, down: 40_000 })])),
    /receives data, encrypted, from Ireland \(Amazon\), 40\.0 kB/,
  );
  assert.match(
    first(facts([talk({ up: 600, down: 500 })])),
    /exchanges data, encrypted, with Ireland \(Amazon\), 1\.10 kB/,
  );
});

test('pictures are claimed of no more than was seen', () => {
  const rest = { ...PICTURES, contents: [], up: 100 };
  assert.match(first(facts([PICTURES, rest])), /sends pictures and other data, readable/);
});

test('home and Internet are distinguished, the Internet first', () => {
  const home = talk({ scope: 'home', form: 'readable', country: 'local', organisation: '', up: 9_000_000 });
  const said = plainSentences(deviceSentences(facts([home, PICTURES]), 'today'));
  assert.match(said[0] ?? '', /to China/);
  assert.equal(said[1], 'It sends data at home, readable by anyone on the way, 9.00 MB today.');
});

test('a device that only asks for names is not called readable, a silent one is called silent', () => {
  assert.match(
    first(facts([talk({ form: formOf('cleartext', 'dns') })])),
    /only what is plain everywhere.*1\.01 kB today/,
  );
  assert.equal(first(facts([])), 'Hall camera has no conversation over TCP or UDP today.');
});

test('grave findings are reported where nothing graver is, and lift a device above what is protected', () => {
  const said = plainSentences(deviceSentences(facts([talk({})], { graveFindings: 2 }), 'today'));
  assert.equal(said[0], 'Hall camera has 2 findings of high severity.');
  const ranks = [[PICTURES], [talk({})], []].map((talks) => gravity({ talks, graveFindings: 0 }).rank);
  assert.deepEqual(
    ranks,
    ranks.toSorted((a, b) => a - b),
  );
  assert.ok(
    gravity({ talks: [talk({})], graveFindings: 1 }).rank < gravity({ talks: [talk({})], graveFindings: 0 }).rank,
  );
});

test('a verdict becomes the form that it proves, and no more', () => {
  assert.equal(formOf('compressed-in-clear', 'http'), 'readable');
  assert.equal(formOf('encoded', 'tuya', 'device_key'), 'keyed');
  assert.equal(formOf('encoded', 'kasa', 'without_key'), 'scrambled');
  assert.equal(formOf('encoded', null, null), 'encoded');
  assert.equal(formOf('cleartext', 'ntp'), 'design');
  assert.equal(formOf('something new', null), 'unjudged');
});

test('content is read from the reason of what is readable only', () => {
  assert.deepEqual(contentsOf('compressed-in-clear', 'JPEG: 90 of 91 bytes ff are stuffed'), ['pictures']);
  assert.deepEqual(contentsOf('compressed-in-clear', 'H.264 or H.265: 9 start codes'), ['video']);
  assert.deepEqual(contentsOf('compressed-in-clear', 'gzip in http, named by its own headers'), ['compressed']);
  assert.deepEqual(contentsOf('compressed-in-clear', 'RTP: 90 packets in sequence'), ['media']);
  assert.deepEqual(contentsOf('cleartext', 'http in the clear'), []);
  assert.deepEqual(contentsOf('opaque', 'mp4 perhaps'), []);
});

test('names from devices are escaped, and end', () => {
  const hostile = facts([PICTURES], { name: `bad\u202E\n${'x'.repeat(300)}` });
  const said = plainSentence(deviceSentences(hostile, 'today')[0] ?? { parts: [] });
  assert.doesNotMatch(said, /[\u202E\n]/);
  assert.ok(said.length < 200);
});
