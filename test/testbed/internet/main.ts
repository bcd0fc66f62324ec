// The Internet of the testbed home, one process in its own network namespace: every server on every public address.
// Started by supervisor.ts, which waits for the message `ready`.
import { writeFileSync } from 'node:fs';
import { publicAddresses } from '../clouds.ts';
import { Authority } from '../wire/certificate.ts';
import { startDnsServers } from './dns-server.ts';
import { startHttpServer } from './http-server.ts';
import { startMiotServer } from './miot-server.ts';
import { startMqttBroker } from './mqtt-broker.ts';
import { startNtpServers } from './ntp-server.ts';
import { startTlsServers } from './tls-server.ts';

const seed = Number(process.env['TESTBED_SEED']);
const authorityFile = process.env['TESTBED_AUTHORITY'];
if (authorityFile === undefined) throw new TypeError('TESTBED_AUTHORITY names the file for the root certificate');

const authority = new Authority(new Date());
writeFileSync(authorityFile, authority.certificatePem);

await Promise.all([
  startDnsServers(),
  startNtpServers(publicAddresses()),
  startHttpServer(seed),
  startTlsServers(authority, seed),
  startMqttBroker(),
  startMiotServer(seed),
]);
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: true });
