// A data folder with a finished run of capture: twenty frames of two devices.

import fs from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { startCapture } from '../../appliance/capture/main.ts';
import { BULB, CAMERA, frame, GATEWAY, pcap, record, settingsFor, surroundings, temporaryFolder } from './fixture.ts';

const HOUR = 1_795_176_000;

export async function recordedHome(t: TestContext): Promise<string> {
  const dataDir = temporaryFolder(t);
  const file = path.join(dataDir, 'in.pcap');
  const records = Array.from({ length: 20 }, (_, i) => record(HOUR + i, 0, frame(i % 2 ? BULB : CAMERA, GATEWAY, 80)));
  fs.writeFileSync(file, pcap(records));
  const capture = await startCapture(settingsFor(dataDir, { file }), surroundings());
  await capture.ended;
  await capture.stop('test');
  return dataDir;
}
