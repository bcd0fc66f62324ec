import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startCapture } from '../../appliance/capture/main.ts';
import { WeirError } from '../../appliance/model/errors.ts';
import { BULB, frame, GATEWAY, pcap, record, settingsFor, surroundings, temporaryFolder } from './fixture.ts';

const HOUR = 1_795_176_000;

function filesOf(folder: string): Map<string, string> {
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => !name.startsWith('run') && fs.statSync(path.join(folder, name)).isFile());
  return new Map(files.map((name) => [name, fs.readFileSync(path.join(folder, name)).toString('base64')]));
}

/** One run, in whose ledger the start names `format`; sealed like any other, as a version that knows it would. */
async function recordedAs(t: TestContext, format: number): Promise<{ dataDir: string; start: () => Promise<void> }> {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  fs.writeFileSync(file, pcap([record(HOUR, 1, frame(BULB, GATEWAY))]));
  const start = async (append?: (capture: Awaited<ReturnType<typeof startCapture>>) => void): Promise<void> => {
    const capture = await startCapture(settingsFor(dataDir, { file }), surroundings());
    await capture.ended;
    append?.(capture);
    await capture.stop('test');
  };
  await start(({ recorder }) => {
    const { ledger, settings } = recorder.parts;
    const clock = recorder.clockState();
    const said = { version: '99.0.0', config_sha256: settings.configSha256, engine: 'file', interface: '', clock };
    ledger.append({ type: 'start', format, key: recorder.parts.key, ...said });
  });
  return { dataDir, start: () => start() };
}

test('a ledger of a newer Weir is refused in one line, and no byte of the folder changes', async (t) => {
  const { dataDir, start } = await recordedAs(t, 5);
  const before = filesOf(dataDir);
  const refused = await start().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(refused instanceof WeirError && refused.code === 'FORMAT_NEWER', String(refused));
  assert.match(refused.message, /format 5; this one knows up to 4.*nothing was changed.*Install that version/);
  assert.deepEqual(filesOf(dataDir), before);
});

test('a ledger of an older format is gone on with', async (t) => {
  const { start } = await recordedAs(t, 3);
  await start();
});
