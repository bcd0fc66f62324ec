import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CaptureClient } from '../../appliance/experiment/capture-client.ts';
import { WeirError } from '../../appliance/model/errors.ts';

async function client(t: TestContext, serve: (socket: Socket) => void): Promise<CaptureClient> {
  const dir = mkdtempSync(join(tmpdir(), 'weir-socket-'));
  const path = join(dir, 'capture.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return new CaptureClient(path);
}

const isUnreachable = (error: unknown) => error instanceof WeirError && error.code === 'CAPTURE_UNREACHABLE';

test('an answer that comes in pieces is put together', async (t) => {
  const capture = await client(t, (socket) => {
    socket.on('data', () => {
      socket.write('{"id":1,"ok":true,');
      setTimeout(() => socket.write('"data":{"a":1}}\n'), 20);
    });
  });
  assert.deepEqual(await capture.ask({ verb: 'rotate' }), { a: 1 });
});

for (const [what, answer] of [
  ['no JSON', 'hello\n'],
  ['an array', '[]\n'],
  ['the connection closed', null],
  ['an endless line', 'x'.repeat(5_000_000)],
] as const) {
  test(`${what} for an answer is capture that cannot be reached`, async (t) => {
    const capture = await client(t, (socket) => {
      socket.on('data', () => (answer === null ? socket.end() : socket.write(answer)));
    });
    const error = await capture.ask({ verb: 'rotate' }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(isUnreachable(error) || (error instanceof WeirError && what === 'an array'), String(error));
  });
}

test('a capture that is silent is given up after three seconds', async (t) => {
  const capture = await client(t, () => undefined);
  const start = performance.now();
  await assert.rejects(capture.status(), isUnreachable);
  assert.ok(performance.now() - start < 5000);
});

test('where nobody listens, it is said what goes on all the same', async () => {
  await assert.rejects(new CaptureClient('/nonexistent/capture.sock').status(), /captures already made can be read/);
});

test('a refusal comes back with its own code and words', async (t) => {
  const capture = await client(t, (socket) => {
    socket.on('data', () => socket.write('{"id":1,"ok":false,"code":"DATA_FULL","error":"no space"}\n'));
  });
  await assert.rejects(
    capture.ask({ verb: 'rotate' }),
    (error) => error instanceof WeirError && error.code === 'DATA_FULL' && error.message === 'no space',
  );
});
