// Windows over the interface: listed, marked afterwards, taken back, refused with one line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import type { WindowFigures } from '../../appliance/model/document/window-figures.ts';
import { formatSeconds } from '../../appliance/model/time/clock.ts';
import { type RegistryResponse, registrySchema } from '../../appliance/publish/schemas/devices.ts';
import { type WindowsResponse, windowsSchema } from '../../appliance/publish/schemas/windows.ts';
import { DataFolder, device, eventually, packet, START_NS } from '../store/data-folder.ts';
import { type Answer, type AskOptions, startTestAppliance } from './running.ts';

const ONE = device(1);
const at = (seconds: number) => new Date(Number(START_NS / 1_000_000n) + seconds * 1000).toISOString();
const ts = (seconds: number) => formatSeconds(START_NS + BigInt(seconds) * 1_000_000_000n);

test('a span is marked afterwards through capture, shown as a window, and refused in one line where it is wrong', async (t) => {
  const folder = DataFolder.make(t);
  const segment = folder.open(ONE);
  for (let i = 0; i < 20; i++) folder.append(segment, packet(ONE, i));
  folder.close(segment);
  folder.line({ type: 'tag-started', tag: 'lan_on', device: ONE, owner: 'me', ts: ts(1), interaction: 'lan_app' });
  folder.line({ type: 'tag-stopped', tag: 'lan_on', device: ONE, owner: 'me', ts: ts(5) });
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const ask = (path: string, options: AskOptions = {}) =>
    appliance.ask(path, { ...options, headers: { cookie, origin: appliance.url } });
  const mark = (body: object): Promise<Answer> => ask('/api/v1/windows', { method: 'POST', body });
  await eventually('the device has a row', async () => {
    return ((await ask('/api/v1/devices')).json as { devices: unknown[] }).devices.length === 1;
  });

  const list = async (query = '') => (await ask(`/api/v1/windows${query}`)).json as WindowsResponse;
  assert.deepEqual([...Value.Errors(windowsSchema, await list())], []);
  const [live] = (await list('?kind=tag&device=10.0.0.11')).windows;
  assert.deepEqual([live?.name, live?.interaction, live?.made], ['lan_on', 'lan_app', 'live']);
  assert.equal((await list(`?from=${at(5)}`)).windows.length, 0);
  assert.equal((await ask(`/api/v1/windows?from=${at(5)}&to=${at(4)}`)).status, 400);
  assert.equal((await ask('/api/v1/windows?from=2026-10-25T02:30:00')).status, 400);

  const wish = { tag: 'wan_on', device: '10.0.0.11', from: at(0), to: at(37), note: 'by phone', companions: [ONE] };
  assert.equal((await mark(wish)).status, 200);
  assert.deepEqual(appliance.capture.asked.at(-1), {
    verb: 'mark',
    kind: 'tag',
    name: 'wan_on',
    device: ONE,
    from: ts(0),
    to: ts(37),
    by: 'page from 127.0.0.1',
    companions: [ONE],
    note: 'by phone',
  });
  const orders = appliance.capture.asked.length;
  for (const [change, status] of [
    [{ to: at(-1) }, 400],
    [{ to: at(0) }, 400],
    [{ from: at(-90), to: at(-50) }, 400],
    [{ tag: 'lan_on' }, 400],
    [{ tag: 'lan-on' }, 400],
    [{ device: 'aa:bb:cc:00:00:09' }, 404],
    [{ device: 'kettle' }, 404],
    [{ colour: 'red' }, 400],
  ] as const) {
    const answer = await mark({ ...wish, ...change });
    assert.equal(answer.status, status, `${JSON.stringify(change)}: ${answer.text}`);
    assert.ok(!(answer.json as { error: string }).error.includes('\n'));
  }
  assert.equal(appliance.capture.asked.length, orders, 'nothing was ordered');

  const figures = async (path: string) => (await ask(path)).json as WindowFigures;
  const span = await figures(`/api/v1/figures?from=${ts(0)}&to=1795179600.1&device=10.0.0.11`);
  assert.deepEqual([span.totals.packets, span.document.input.packets], [10, 10]);
  const window = await figures(`/api/v1/windows/${live?.id}/figures`);
  assert.deepEqual([window.window.name, window.totals.packets, window.coverage.segments], ['lan_on', 0, 0]);
  assert.equal((await ask('/api/v1/windows/tag-99/figures')).status, 400);
  assert.equal((await ask(`/api/v1/figures?from=${ts(1)}&to=${ts(1)}`)).status, 400);

  folder.line({
    type: 'window',
    kind: 'tag',
    name: 'wan_on',
    device: ONE,
    from: ts(0),
    to: ts(37),
    by: 'page',
    ts: ts(60),
  });
  await eventually('it is a window', async () => (await list('?kind=tag')).windows.length === 2);
  const id = (await list('?kind=tag')).windows.find(({ name }) => name === 'wan_on')?.id ?? '';
  assert.equal((await ask(`/api/v1/windows/${live?.id}`, { method: 'DELETE' })).status, 400);
  assert.equal((await ask(`/api/v1/windows/${id}`, { method: 'DELETE' })).status, 200);
  assert.deepEqual(appliance.capture.asked.at(-1), {
    verb: 'unmark',
    line: Number(id.slice(4)),
    by: 'page from 127.0.0.1',
  });
});

test('the registry is said over the interface: rows add to what was said, a page keeps their facts, doubles are refused', async (t) => {
  const folder = DataFolder.make(t);
  const said = { name: 'Lamp', vendor: '', category: 'light', role: 'device', model: 'A1', by: 'me' };
  folder.line({ type: 'identity', device: ONE, ...said });
  const appliance = await startTestAppliance(t, undefined, folder);
  const cookie = await appliance.logIn();
  const ask = (path: string, options: AskOptions = {}) =>
    appliance.ask(path, { ...options, headers: { cookie, origin: appliance.url } });
  const list = (await ask('/api/v1/registry')).json as RegistryResponse;
  assert.deepEqual([...Value.Errors(registrySchema, list)], []);
  assert.deepEqual([list.devices[0]?.mac, list.devices[0]?.model], [ONE, 'A1']);
  const set = (...devices: object[]) => ask('/api/v1/registry', { method: 'POST', body: { devices } });
  const two = { mac: '2:0:0:0:0:2', name: 'Phone', role: 'phone' };
  assert.deepEqual((await set({ mac: ONE, firmware: '2.0' }, two, { mac: ONE.replace('01', '03') })).json, {
    written: 2,
  });
  const reported = appliance.capture.asked.map(({ verb: _verb, ...order }) => order);
  const by = 'page from 127.0.0.1';
  assert.deepEqual(reported, [
    { device: ONE, ...said, firmware: '2.0', by },
    { device: '02:00:00:00:00:02', name: 'Phone', vendor: '', category: '', role: 'phone', by },
  ]);
  for (const wrong of [
    [two, { ...two, mac: '02-00-00-00-00-02' }],
    [{ ...two, name: 'lamp' }],
    [{ ...two, role: 'boss' }],
    [{ mac: 'ff:ff:ff:ff:ff:ff', name: 'all' }],
  ])
    assert.equal((await set(...wrong)).status, 400, JSON.stringify(wrong));
  assert.equal(appliance.capture.asked.length, reported.length, 'nothing more was ordered');
});
