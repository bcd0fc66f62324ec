// What a campaign may have done: programs of root's folder and nothing else, addresses, Home Assistant.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { actionProblem, type Rights } from '../../../appliance/experiment/campaign/action-folder.ts';
import { type ActionBroker, doAction } from '../../../appliance/experiment/campaign/actions.ts';
import { askProgram } from '../../../appliance/experiment/campaign/program.ts';

const CLI = fileURLToPath(new URL('../../../appliance/cli/main.js', import.meta.url));
const skip = process.getuid?.() === 0 ? false : 'only root can make files that belong to root';
const CONTEXT = {
  campaign: 'one',
  run: 'run_one',
  step: 'only',
  round: 1,
  repeat: 1,
  attempt: 1,
  phase: 'idle',
  interaction: 'none',
  tag: null,
  device: null,
};
const signal = new AbortController().signal;
const NO_BROKER: ActionBroker = { call: () => false, listen: () => null };

const FOLDER: Rights = {
  uid: 0,
  mode: 0o40755,
  isFile: () => false,
  isDirectory: () => true,
  isSymbolicLink: () => false,
};
const FILE: Rights = {
  uid: 0,
  mode: 0o100755,
  isFile: () => true,
  isDirectory: () => false,
  isSymbolicLink: () => false,
};
const LINK: Rights = { ...FILE, isFile: () => false, isSymbolicLink: () => true };

const look =
  (file: Rights, folders: Readonly<Record<string, Rights>> = {}) =>
  (path: string) =>
    path === '/etc/weir/actions/lamp' ? file : (folders[path] ?? FOLDER);

for (const [what, rights, folders, said] of [
  ['a plain file of root', FILE, {}, /^$/],
  ['a link', LINK, {}, /is a link; links are not followed/],
  ['a folder', FOLDER, {}, /is no plain file/],
  ['a file of another user', { ...FILE, uid: 1000 }, {}, /does not belong to root/],
  ['a file that a group may write', { ...FILE, mode: 0o100775 }, {}, /can be written by others/],
  ['a file that may not be run', { ...FILE, mode: 0o100644 }, {}, /may not be run/],
  ['a file below a link', FILE, { '/etc/weir/actions': { ...LINK, isFile: () => false } }, /actions is a link/],
  [
    'a file below a folder of another user',
    FILE,
    { '/etc/weir': { ...FOLDER, uid: 33 } },
    /\/etc\/weir does not belong to root/,
  ],
  [
    'a file below a folder that all may write',
    FILE,
    { '/etc/weir': { ...FOLDER, mode: 0o40777 } },
    /\/etc\/weir can be written/,
  ],
] as const) {
  test(`${what}: ${said.source === '^$' ? 'may be run' : 'is refused'}`, () => {
    assert.match(actionProblem('/etc/weir/actions', 'lamp', look(rights, folders)), said);
  });
}

for (const name of ['../sh', '/bin/sh', 'a b', 'a;b', '', '.', '..', 'a/b', 'x'.repeat(65), 'a\nb']) {
  test(`${JSON.stringify(name.slice(0, 10))} is no name of a program`, () => {
    assert.match(
      actionProblem('/etc/weir/actions', name, () => FILE),
      /is no name of a program/,
    );
  });
}

/** As systemd does it: each connection is the standard input of a process. */
async function actionSocket(t: TestContext, folder: string): Promise<string> {
  const socketPath = join(folder, 'action.sock');
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(process.execPath, [CLI, 'run-action', join(folder, 'actions')], {
      stdio: [socket, socket, 'ignore'],
    });
    child.once('spawn', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  t.after(() => server.close());
  return socketPath;
}

function actionFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-action-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'actions'));
  return folder;
}

function program(folder: string, name: string, text: string): string {
  const path = join(folder, 'actions', name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('a program of the folder is run without arguments, and its end is reported', { skip }, async (t) => {
  const folder = actionFolder(t);
  program(folder, 'lamp', 'echo "$# arguments, home $HOME"');
  const result = await askProgram(await actionSocket(t, folder), 'lamp', 30, signal);
  assert.deepEqual(result, { ok: true, text: 'lamp ended with 0: 0 arguments, home /nonexistent' });
});

test('a program that fails is reported with what it said last', { skip }, async (t) => {
  const folder = actionFolder(t);
  program(folder, 'lamp', 'echo no lamp here >&2; exit 3');
  const result = await askProgram(await actionSocket(t, folder), 'lamp', 30, signal);
  assert.deepEqual(result, { ok: false, text: 'lamp ended with 3: no lamp here' });
});

test('a program that does not end is ended, with what it started', { skip }, async (t) => {
  const folder = actionFolder(t);
  program(folder, 'lamp', 'sleep 300 & sleep 300');
  const result = await askProgram(await actionSocket(t, folder), 'lamp', 1, signal);
  assert.deepEqual(result, { ok: false, text: 'lamp was ended after 1 s' });
});

test('links, other owners and paths are refused by the process that would run them', { skip }, async (t) => {
  const folder = actionFolder(t);
  const socketPath = await actionSocket(t, folder);
  symlinkSync('/bin/true', join(folder, 'actions', 'linked'));
  chownSync(program(folder, 'foreign', 'true'), 1000, 1000);
  for (const [name, said] of [
    ['linked', /is a link/],
    ['foreign', /does not belong to root/],
    ['../actions/foreign', /is no name of a program/],
    ['missing', /is not there/],
  ] as const) {
    const { ok, text } = await askProgram(socketPath, name, 5, signal);
    assert.equal(ok, false);
    assert.match(text, said);
  }
});

test('without the unit no program is run, and the remedy is reported', async () => {
  const { ok, text } = await askProgram('/nonexistent/action.sock', 'lamp', 5, signal);
  assert.equal(ok, false);
  assert.match(text, /systemctl enable --now weir-action.socket/);
});

async function webServer(t: TestContext, status: number, headers: Record<string, string> = {}) {
  const asked: { method: string; body: string }[] = [];
  const server = createHttp((request, answer) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString('utf8')));
    request.on('end', () => {
      asked.push({ method: request.method ?? '', body });
      answer.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const tools = (broker: ActionBroker = NO_BROKER) => ({ broker, programSocket: '/nonexistent' });

test('a webhook receives which recording it is for', async (t) => {
  const { asked, url } = await webServer(t, 204);
  const result = await doAction({ webhook: { url } }, CONTEXT, 'homeassistant', tools(), signal);
  assert.deepEqual(result, { ok: true, text: `${new URL(url).host} answered 204` });
  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), CONTEXT);
});

for (const [what, status, headers] of [
  ['refuses', 500, {}],
  ['leads elsewhere', 302, { location: 'http://127.0.0.1:1/' }],
] as const) {
  test(`a webhook that ${what} was not done`, async (t) => {
    const { asked, url } = await webServer(t, status, headers);
    const { ok } = await doAction({ webhook: { url, method: 'GET' } }, CONTEXT, 'homeassistant', tools(), signal);
    assert.equal(ok, false);
    assert.equal(asked.length, 1);
  });
}

test('a webhook where nobody listens was not done', async () => {
  const { ok, text } = await doAction(
    { webhook: { url: 'http://127.0.0.1:1/' } },
    CONTEXT,
    'homeassistant',
    tools(),
    signal,
  );
  assert.equal(ok, false);
  assert.match(text, /127\.0\.0\.1:1 cannot be asked/);
});

test('a service of Home Assistant is called, and its state waited for', async () => {
  const calls: Record<string, unknown>[] = [];
  let topic = '';
  let reported: (payload: string) => void = () => undefined;
  const broker: ActionBroker = {
    call: (payload) => {
      calls.push(payload);
      reported('off');
      reported('on');
      return true;
    },
    listen: (asked, hear) => {
      topic = asked;
      reported = hear;
      return () => undefined;
    },
  };
  const action = {
    home_assistant: { entity: 'light.desk', service: 'light.turn_on', data: { brightness: 9 }, state: 'on' },
  };
  const result = await doAction(action, CONTEXT, 'ha', tools(broker), signal);
  assert.deepEqual(result, { ok: true, text: 'light.desk is on' });
  assert.equal(topic, 'ha/light/desk/state');
  assert.deepEqual(
    [calls[0]?.['service'], calls[0]?.['entity_id'], calls[0]?.['data']],
    ['light.turn_on', 'light.desk', { brightness: 9 }],
  );
});

test('a state that does not come in time was not reached', async () => {
  const broker: ActionBroker = { call: () => true, listen: (_topic, hear) => (hear('off'), () => undefined) };
  const action = { home_assistant: { entity: 'light.desk', state: 'on' }, within: '1s' };
  const result = await doAction(action, CONTEXT, 'ha', tools(broker), signal);
  assert.deepEqual(result, { ok: false, text: 'light.desk is off after 1 s, not on' });
});

test('without a broker Home Assistant hears nothing, which is reported', async () => {
  const action = { home_assistant: { entity: 'light.desk', service: 'light.turn_on', state: 'on' } };
  const { ok, text } = await doAction(action, CONTEXT, 'ha', tools(), signal);
  assert.equal(ok, false);
  assert.match(text, /no broker is connected/);
});
