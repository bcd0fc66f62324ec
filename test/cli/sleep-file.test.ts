// What was written to the temporary file is read again, wherever it lies by then: gathered, in the file, or looked at before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SleepFile } from '../../appliance/cli/files/sleep-file.ts';
import { randomFrom } from '../fault/chance.ts';

test('what was written is read again, in any order, rewritten in between', (t) => {
  const file = new SleepFile();
  t.after(() => file.close());
  const random = randomFrom(1);
  const places: { at: number; bytes: Uint8Array }[] = [];
  const fresh = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  for (let at = 0; places.length < 400; ) {
    const place = { at, bytes: fresh(4 + Math.floor(random() * 5000)) };
    file.write(place.bytes, place.at);
    places.push(place);
    at += place.bytes.length;
    const old = places[Math.floor(random() * places.length)]!;
    if (places.length % 3 === 0) old.bytes = fresh(old.bytes.length);
    if (places.length % 3 === 0) file.write(old.bytes, old.at);
    const asked = places[Math.floor(random() * places.length)]!;
    const read = new Uint8Array(asked.bytes.length);
    file.read(read, asked.at);
    assert.deepEqual(read, asked.bytes);
  }
});
