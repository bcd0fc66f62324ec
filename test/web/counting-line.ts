// A line between browser and appliance that counts what goes to the browser: on the wire, by neither of them.

import { type AddressInfo, createServer, connect as dial } from 'node:net';

interface CountingLine {
  readonly port: number;
  /** To the browser so far, heads of answers included. */
  readonly bytes: () => number;
  readonly close: () => void;
}

export async function countingLine(port: number): Promise<CountingLine> {
  let bytes = 0;
  const server = createServer((client) => {
    const appliance = dial(port, '127.0.0.1');
    client.pipe(appliance);
    appliance.on('data', (part) => (bytes += part.length));
    appliance.pipe(client);
    client.on('error', () => appliance.destroy());
    appliance.on('error', () => client.destroy());
    client.on('close', () => appliance.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, bytes: () => bytes, close: () => server.close() };
}
