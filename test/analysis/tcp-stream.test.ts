// One direction of TCP in order, whatever happens to its segments on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamBudget, TcpStream } from '../../appliance/analysis/inspect/streams/tcp-stream.ts';
import { ascii, generator } from './packets.ts';

/** Reads messages that end with `.`; keeps the rest. */
class Reader {
  readonly stream = new TcpStream(new StreamBudget(1_000_000));
  readonly messages: string[] = [];

  readonly consume = (stream: TcpStream, bytes: Uint8Array, start: number, end: number, full: boolean): number => {
    assert.ok(start < end && end <= bytes.length, 'a consumer is never shown nothing');
    let used = 0;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== 46) continue;
      const text = Buffer.from(bytes.subarray(start + used, at)).toString('latin1');
      this.messages.push(stream.resumed ? `…${text}` : text);
      stream.resumed = false;
      used = at + 1 - start;
    }
    return used === 0 && full ? end - start : used;
  };

  send(sequence: number, text: string, missing = 0): this {
    const bytes = ascii(text);
    this.stream.segment(sequence >>> 0, bytes, 0, bytes.length, missing, this.consume);
    return this;
  }
}

function opened(initial = 99): Reader {
  const reader = new Reader();
  reader.stream.open(initial);
  return reader;
}

test('messages across segments arrive once, repetitions are dropped', () => {
  assert.deepEqual(
    opened().send(100, 'on').send(100, 'on').send(102, 'e.tw').send(101, 'ne.tw').send(106, 'o.').messages,
    ['one', 'two'],
  );
});

test('segments that come early wait for the hole to be filled', () => {
  assert.deepEqual(opened().send(104, 'two.').send(108, 'three.').send(100, 'one.').messages, ['one', 'two', 'three']);
});

test('a hole that the receiver has acknowledged was missed by the capture', () => {
  const reader = opened().send(100, 'one.').send(110, 'x.three.');
  reader.stream.acknowledged(118, reader.consume);
  assert.deepEqual(reader.messages, ['one', '…x', 'three']);
});

test('bytes that were not captured end what was begun, and reading goes on behind them', () => {
  assert.deepEqual(opened().send(100, 'one.tw', 10).send(116, 'three.').messages, ['one', '…three']);
});

test('sequence numbers wrap around', () => {
  assert.deepEqual(opened(0xffff_fffd).send(0xffff_fffe, 'ab').send(0, 'c.d.').messages, ['abc', 'd']);
});

test('a new connection on the same ports starts again', () => {
  const reader = opened().send(100, 'half');
  reader.stream.open(5000);
  assert.deepEqual(reader.send(5001, 'new.').messages, ['new']);
});

test('a stream picked up in the middle is marked as such', () => {
  assert.deepEqual(new Reader().send(7000, 'tail.next.').messages, ['…tail', 'next']);
});

test('a carried stream goes on as if nothing had happened', () => {
  const first = opened().send(100, 'on').send(110, 'early.');
  const second = new Reader();
  const resumed = TcpStream.resume(JSON.parse(JSON.stringify(first.stream.carry())), new StreamBudget(1_000_000));
  const bytes = ascii('e.middle');
  resumed.segment(102, bytes, 0, bytes.length, 0, second.consume);
  assert.deepEqual(second.messages, ['one', 'middleearly']);
});

test('half-sent messages of many streams stay within their common budget', () => {
  const budget = new StreamBudget(100_000);
  const never = (): number => 0;
  for (let i = 0; i < 1000; i++) {
    const stream = new TcpStream(budget);
    const bytes = new Uint8Array(5000);
    stream.segment(1, bytes, 0, bytes.length, 0, never);
    stream.segment(20_000, bytes, 0, bytes.length, 0, never);
    assert.ok(budget.used <= budget.limit);
  }
});

test('a message that outgrows the common budget is given up and counted, and the stream reads on', () => {
  const budget = new StreamBudget(4000);
  const reader = new Reader();
  const stream = new TcpStream(budget);
  stream.open(99);
  const send = (sequence: number, text: string): void =>
    stream.segment(sequence, ascii(text), 0, text.length, 0, reader.consume);
  send(100, 'a'.repeat(800));
  budget.take(budget.limit - budget.used); // others have the rest
  send(900, 'b'.repeat(1500));
  assert.equal(stream.gaps, 1);
  send(2400, 'end.next.');
  assert.deepEqual(reader.messages, ['…end', 'next']);
});

test('any order of segments yields the same messages when nothing is lost', () => {
  const random = generator(11);
  const text = Array.from({ length: 30 }, (_, i) => `message ${i}.`).join('');
  for (let round = 0; round < 200; round++) {
    const segments: { sequence: number; text: string }[] = [];
    for (let at = 0; at < text.length; ) {
      const length = 1 + (random() % 25);
      segments.push({ sequence: 100 + at, text: text.slice(at, at + length) });
      at += length;
    }
    for (let i = 0; i + 1 < segments.length; i++) {
      if (random() % 3 === 0) [segments[i], segments[i + 1]] = [segments[i + 1]!, segments[i]!];
    }
    const reader = opened();
    for (const segment of segments) reader.send(segment.sequence, segment.text);
    assert.equal(`${reader.messages.join('.')}.`, text);
  }
});
