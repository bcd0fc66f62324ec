import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Asking, LATE_MS } from '../../web/src/api/asking.ts';

/** Answers when the test lets it. */
function questions() {
  const open: PromiseWithResolvers<number>[] = [];
  const seen: string[] = [];
  const load = () => {
    const one = withResolvers<number>();
    open.push(one);
    return one.promise;
  };
  const asking = new Asking<number>(load, (thrown) => thrown === 'passing', {
    onValue: (value) => seen.push(`value ${value}`),
    onLate: () => seen.push('late'),
    onProblem: (thrown) => seen.push(`problem ${String(thrown)}`),
  });
  return { open, seen, asking };
}

type PromiseWithResolvers<T> = {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (thrown: unknown) => void;
};

/** Node 20 has no `Promise.withResolvers`. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let settle: Omit<PromiseWithResolvers<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  assert.ok(settle !== undefined);
  return { promise, ...settle };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('an answer that is slower than the next question counts, and the question follows it', async () => {
  const { open, seen, asking } = questions();
  asking.ask();
  asking.ask();
  asking.ask();
  assert.equal(open.length, 1, 'one question at a time');
  open[0]?.resolve(1);
  await settled();
  assert.deepEqual([seen, open.length], [['value 1'], 2]);
  open[1]?.resolve(2);
  await settled();
  assert.deepEqual([seen, open.length], [['value 1', 'value 2'], 2]);
  asking.end();
});

test('a slow answer is reported after ten seconds, a lost one is asked for again, ever more seldom', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { open, seen, asking } = questions();
  asking.ask();
  mock.timers.tick(LATE_MS - 1);
  assert.equal(seen.length, 0);
  mock.timers.tick(1);
  assert.equal(seen.join(), 'late');
  for (const [at, pause] of [2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
    open[at]?.reject('passing');
    await settled();
    mock.timers.tick(pause - 1);
    assert.equal(open.length, at + 1, `not before ${pause} ms`);
    mock.timers.tick(1);
    assert.equal(open.length, at + 2);
  }
  open.at(-1)?.resolve(7);
  await settled();
  assert.equal([...new Set(seen)].join(), 'late,value 7');
  asking.end();
});

test('what asking again does not mend is a problem at once; nothing is reported after the end', async () => {
  const { open, seen, asking } = questions();
  asking.ask();
  open[0]?.reject('refused');
  await settled();
  assert.deepEqual(seen, ['problem refused']);
  asking.ask();
  asking.end();
  open[1]?.resolve(2);
  await settled();
  asking.ask();
  assert.deepEqual([seen, open.length], [['problem refused'], 2]);
});
