// The registry as text: both forms there and back, and each mistake in one line with file and line.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { wholeDocument } from '../../appliance/analysis/render-document.ts';
import { analyzeFile, withAnalysis } from '../../appliance/cli/analyze/analyze-file.ts';
import {
  csvText,
  mergedIdentity,
  pairText,
  parseRegistry,
  type RegistryRows,
} from '../../appliance/experiment/registry/registry-text.ts';
import { parseMac } from '../../appliance/model/mac.ts';
import { FACT_TEXTS, FACT_WORDS, factsOf, isWithdrawal } from '../../appliance/model/user-identity.ts';
import { pcap, record, temporaryFolder } from '../capture/fixture.ts';
import { udpFrame } from '../store/data-folder.ts';

/** As Mon(IoT)r's devices.txt is written: addresses without leading zeros, names without spaces. */
const MONIOTR = '0:17:88:68:5f:61 philips-hub\n18:b4:30:c8:d8:28 nest-tstat\nfc:a1:83:38:e:2b amazon-echo\n';

test("Mon(IoT)r's two columns come out as they went in, padded or not", () => {
  const rows = parseRegistry(MONIOTR, 'devices.txt').map((row) => ({
    mac: row.mac,
    ...mergedIdentity(undefined, row),
  }));
  assert.deepEqual(
    rows.map(({ mac, name }) => [mac, name]),
    [
      ['00:17:88:68:5f:61', 'philips-hub'],
      ['18:b4:30:c8:d8:28', 'nest-tstat'],
      ['fc:a1:83:38:0e:2b', 'amazon-echo'],
    ],
  );
  assert.equal(pairText(rows, true), MONIOTR);
  assert.equal(parseRegistry(pairText(rows), 'x').length, 3);
});

const word = <T extends string>(list: readonly T[]) => fc.constantFrom('', ...list);
const cell = fc.string({ maxLength: 80 }).map((text) => text.replaceAll(/[\r\n\p{C}]/gu, '').trim());
const row = fc.record({
  name: cell,
  vendor: cell,
  category: cell,
  ...Object.fromEntries(Object.entries(FACT_WORDS).map(([name, list]) => [name, word<string>(list)])),
  ...Object.fromEntries(FACT_TEXTS.map((name) => [name, cell])),
});

test('CSV comes out as it went in, whatever is said, with commas, quotes and other letters', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), (said) => {
      const rows = said.map(({ name, ...rest }, i) => ({
        mac: `02:00:00:00:00:0${i}`,
        ...mergedIdentity(undefined, {
          ...rest,
          ...factsOf(rest),
          name: name === '' ? '' : `${i} ${name}`.slice(0, 80).trim(),
        }),
      })) as RegistryRows;
      const read = parseRegistry(csvText(rows), 'x.csv').map((one) => ({
        mac: one.mac,
        ...mergedIdentity(undefined, one),
      }));
      assert.deepEqual(read, rows);
    }),
    { numRuns: 200 },
  );
});

test('a mistake is one line that names file and line, and nothing is taken then', () => {
  const head = 'mac,name,role\n';
  for (const [text, says] of [
    ['02:00:00:00:00:01 lamp\n02-0-0-0-0-1 hub\n', /^r:2: 02:00:00:00:00:01 is in line 1 already\. Nothing/],
    ['02:00:00:00:00:01 lamp\n\n02:00:00:00:00:02 Lamp\n', /^r:3: the name Lamp is in line 1 already/],
    ['02:00:00:00:00:01\n', /^r:1: a line is `MAC name`/],
    ['lamp 02:00:00:00:00:01\n', /^r:1: lamp is no MAC address/],
    ['ff:ff:ff:ff:ff:ff all\n', /^r:1: .* is no MAC address of a device/],
    [`${head}02:00:00:00:00:01,lamp,boss\n`, /^r:2: role is one of device, phone, assistant, router, not boss/],
    [`${head}02:00:00:00:00:01,lamp\n`, /^r:2: 2 fields, where the first line names 3/],
    [`${head}02:00:00:00:00:01,"lamp,phone\n`, /^r:2: a quote is not closed/],
    ['mac,nmae\n', /^r:1: there is no column nmae/],
    [`02:00:00:00:00:01 ${'x'.repeat(81)}\n`, /^r:1: name is longer than 80 letters/],
    [
      Array.from({ length: 1025 }, (_, i) => `2:0:0:0:${(i >> 8).toString(16)}:${(i & 255).toString(16)} n${i}`).join(
        '\n',
      ),
      /^r:1025: more than 1024/,
    ],
  ] as const)
    assert.throws(
      () => parseRegistry(text, 'r'),
      (error: Error) => says.test(error.message) && !error.message.includes('\n'),
      text.slice(0, 60),
    );
});

test('a row adds to what was said before, and what is empty takes it back', () => {
  const before = { name: 'Lamp', vendor: '', category: 'light', role: 'device', model: 'A1' } as const;
  assert.deepEqual(mergedIdentity(before, { model: '', firmware: '2.0' }), {
    name: 'Lamp',
    vendor: '',
    category: 'light',
    role: 'device',
    firmware: '2.0',
  });
  assert.ok(isWithdrawal(mergedIdentity({ name: 'Lamp', vendor: '', category: '' }, { name: '' })));
  assert.ok(!isWithdrawal({ name: '', vendor: '', category: '', role: 'phone' }));
});

test('what a registry file says is in the document of `weir analyze`', async (t) => {
  const folder = temporaryFolder(t);
  const [capture, registry] = [join(folder, 'a.pcap'), join(folder, 'devices.csv')];
  const mac = parseMac('18:b4:30:00:00:02') ?? '';
  const frame = udpFrame({
    from: mac,
    to: 'dc:a6:32:00:00:fe',
    source: '10.0.0.2',
    destination: '93.184.216.34',
    sourcePort: 4000,
    destinationPort: 5000,
    payload: Buffer.from('x'),
  });
  writeFileSync(capture, pcap([record(1_795_176_000, 0, frame)]));
  writeFileSync(registry, `mac,name,vendor,model,code,role\n${mac},Hall cam,Acme,X2,C,device\n`);
  const document = await withAnalysis({ paths: [capture], registry }, wholeDocument);
  const device = document.devices.find((one) => one.mac === mac);
  assert.deepEqual(
    [device?.names[0], device?.maker, device?.model, device?.confirmed?.code, device?.confirmed?.role],
    [{ name: 'Hall cam', source: 'user' }, 'Acme', 'X2', 'C', 'device'],
  );
  const without = await analyzeFile(capture);
  assert.equal(without.document.devices.find((one) => one.mac === mac)?.confirmed, null);
  await assert.rejects(
    withAnalysis({ paths: [capture], registry: join(folder, 'none') }, wholeDocument),
    /cannot be read/,
  );
});
