// `node dist/test/web/mock-main.js [port]`: the page with an invented home behind it, for working on the page alone.

import { fileURLToPath } from 'node:url';
import { PASSWORD, startMockServer } from './mock-server.ts';

const mock = await startMockServer(
  fileURLToPath(new URL('../../web/', import.meta.url)),
  Number(process.argv[2] ?? '8090'),
);
process.stdout.write(`${mock.url} password ${PASSWORD}\n`);
