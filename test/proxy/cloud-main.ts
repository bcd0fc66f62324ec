// The cloud as a process of its own, inside the network that it was started in: one address a host. Says as JSON where everything is.

import { CLOUD, type CloudName, startCloud } from './cloud.ts';

const [folder = '', ...addresses] = process.argv.slice(2);
const port = (name: CloudName): number => (name === 'broker' ? 8883 : 443);
const cloud = await startCloud(folder, (name) => ({ address: addresses[CLOUD.indexOf(name)] ?? '', port: port(name) }));
const each = (of: (name: CloudName) => string) => Object.fromEntries(CLOUD.map((name) => [name, of(name)]));
process.stdout.write(
  `${JSON.stringify({ caFile: cloud.caFile, places: cloud.places, clientFiles: cloud.clientFiles, pins: each(cloud.pin), fingerprints: each(cloud.fingerprint) })}\n`,
);
process.once('SIGTERM', () => void cloud.stop().then(() => process.exit(0)));
