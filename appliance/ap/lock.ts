// Two supervisors would take radio, bridge and rules from each other: the second one is refused. A name in the kernel's abstract
// socket space is what they fight for. It goes with its holder, however that ends, so nothing stale can be in the way; and it
// belongs to a network namespace, as the radio does.

import { createServer, type Server } from 'node:net';
import { systemCode, WeirError } from '../model/errors.ts';

const NAME = '\0weir-ap';

/** Rejects where somebody else holds it. Closing the server gives it back; it keeps no process alive. */
export function holdLock(name: string = NAME): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => reject(systemCode(error) === 'EADDRINUSE' ? alreadyRuns() : error));
    server.listen({ path: name, exclusive: true }, () => resolve(server.unref()));
  });
}

function alreadyRuns(): WeirError {
  return new WeirError(
    'ALREADY_RUNNING',
    'an access point runs already; nothing was started. `weir ap status` shows it, `weir ap stop` ends it.',
  );
}
