// The interface as openapi.json describes it, asked with anything: never a failure of the appliance, answers as described, and nothing
// without a password.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { DataFolder, device, eventually, packet } from '../store/data-folder.ts';
import { askAt, socketOf, startTestAppliance, type TestAppliance } from './running.ts';

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: TSchema }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: TSchema }>> }>
  >;
}

interface Operation extends Described {
  readonly method: string;
  readonly path: string;
}

/** Liveness, the page of the log-in and of the claim, and what they send. */
const OPEN = ['/healthz', '/api/v1/login', '/api/v1/claim', '/api/v1/session', '/api/v1/certificate'];
/**
 * A stream does not end; what starts another program for each question would be asked a hundred times; and the files of this home have not
 * the hash that their ledger gives, so that a merged download breaks off, as it must (merged.test.ts).
 */
const NOT_ASKED = [
  'GET /events',
  'GET /api/v1/pcap',
  'GET /api/v1/devices/{id}/pcap',
  'POST /api/v1/doctor',
  'POST /api/v1/scans',
  'POST /api/v1/scans/discovery',
  'GET /api/v1/comparison',
  'GET /api/v1/devices/{id}/comparison',
];
/** What the guard, the router and the validation answer to any of them. */
const ANY_ROUTE = ['400', '404', '409', '413', '414', '415', '429'];
const RUNS_OF_EACH = 25;

async function described({ folder, url }: TestAppliance): Promise<Operation[]> {
  const { json } = await askAt(url, '/api/v1/openapi.json', { socketPath: socketOf(folder) });
  const { paths } = json as { paths: Record<string, Record<string, Described>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ ...one, path, method: method.toUpperCase() })),
  );
}

async function home(t: Parameters<typeof DataFolder.make>[0]): Promise<TestAppliance> {
  const folder = DataFolder.make(t);
  for (let i = 1; i <= 3; i++) {
    const segment = folder.open(device(i));
    for (let n = 0; n < 10; n++) folder.append(segment, packet(device(i), n));
    if (i < 3) folder.close(segment);
  }
  return await startTestAppliance(t, (config) => config, folder);
}

const word = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    '1e400',
    '99999999999999999999',
    'null',
    'true',
    '__proto__',
    'constructor',
    '..',
    '../..',
  ),
  fc.constantFrom(
    'b827eb000001',
    'b8:27:eb:00:00:02',
    '10.0.0.11',
    'all',
    'idle',
    'device,country',
    'internet',
    'cleartext',
  ),
  fc.constantFrom(
    '2026-11-20T13:00:00Z',
    '2026-11-21T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '+275760-09-13T00:00:00Z',
    'today',
  ),
  fc.constantFrom('\u202E', '<img src=x onerror=1>', "'; DROP TABLE", '%', '%00', '\0', 'x'.repeat(3000), '🦀'),
  fc.integer().map(String),
  fc.string({ maxLength: 20, unit: 'grapheme' }),
);

function bodyOf({ requestBody }: Operation): fc.Arbitrary<unknown> {
  const [content] = Object.values(requestBody?.content ?? {});
  const schema = content?.schema as { properties?: object } | undefined;
  const names = Object.keys(schema?.properties ?? {});
  const value = fc.oneof(word, fc.jsonValue({ maxDepth: 2 }), fc.array(word, { maxLength: 3 }));
  const fields = names.length === 0 ? fc.constant({}) : fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 });
  return fc.oneof({ weight: 4, arbitrary: fields }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) });
}

/** The address with its parts and its query filled in. */
function addressOf({ path, parameters = [] }: Operation): fc.Arbitrary<string> {
  const named = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const query = named.length === 0 ? fc.constant({}) : fc.dictionary(fc.constantFrom(...named), word, { maxKeys: 4 });
  return fc
    .record({ words: fc.array(word, { minLength: parts.length, maxLength: parts.length }), query })
    .map((made) => {
      let at = 0;
      const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(made.words[at++] ?? ''));
      const text = new URLSearchParams(made.query).toString();
      return text === '' ? filled : `${filled}?${text}`;
    });
}

test('no operation answers without a password, but those that are needed for it', async (t) => {
  const appliance = await home(t);
  const operations = await described(appliance);
  assert.ok(operations.length > 50, `${operations.length} operations`);
  const open: string[] = [];
  for (const { method, path } of operations) {
    const { status } = await appliance.ask(path.replaceAll(/\{\w+\}/g, '1'), {
      method,
      body: method === 'GET' ? undefined : {},
    });
    if (status !== 401) open.push(path);
  }
  assert.deepEqual(
    open.filter((path) => !OPEN.includes(path)),
    [],
  );
});

test('whatever is asked, no operation fails, and each answers as it is described', { timeout: 180_000 }, async (t) => {
  const appliance = await home(t);
  const { folder, url } = appliance;
  const socketPath = socketOf(folder);
  const read = async () => (await askAt(url, '/api/v1/devices', { socketPath })).text;
  await eventually('the home is read', async () => (await read()).includes('b827eb000003'), 60);
  const answered = new Map<number, number>();
  for (const operation of await described(appliance)) {
    const { method, path, responses } = operation;
    if (NOT_ASKED.includes(`${method} ${path}`)) continue;
    const asked = fc.asyncProperty(addressOf(operation), bodyOf(operation), async (address, body) => {
      const { status, json, text, headers } = await askAt(url, address, {
        socketPath,
        method,
        ...(method === 'GET' || method === 'HEAD' ? {} : { body }),
      });
      answered.set(status, (answered.get(status) ?? 0) + 1);
      // A file, a page or text has no schema; that of a list is JSON's.
      const isFile = status === 200 && !String(headers['content-type']).includes('application/json');
      const isDescribed = isFile || String(status) in responses || ANY_ROUTE.includes(String(status));
      assert.ok(isDescribed && status !== 500, `${status} ${text.slice(0, 200)}`);
      const schema = responses[String(status)]?.content?.['application/json']?.schema;
      if (schema === undefined || !String(headers['content-type']).includes('json')) return;
      assert.deepEqual([...Value.Errors(schema, json)].slice(0, 3), []);
    });
    await t.test(`${method} ${path}`, () => fc.assert(asked, { numRuns: RUNS_OF_EACH, endOnFailure: true }));
  }
  t.diagnostic(`answers by status: ${[...answered].map(([status, n]) => `${n} × ${status}`).join(', ')}`);
  assert.ok((answered.get(200) ?? 0) > 200, 'enough was asked that is answered');
});
