// Inside the stage: replaces weir-action.socket and weir-action@.service. Each connection is the standard input of one
// `weir run-action` in a process group of its own, whose number is printed so that a test can kill it.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { PROGRAM_SOCKET } from '../../../appliance/experiment/campaign/program.ts';
import { MAIN } from '../capture-process.ts';

rmSync(PROGRAM_SOCKET, { force: true });
const server = createServer({ pauseOnConnect: true }, (socket) => {
  const child = spawn(process.execPath, [MAIN, 'run-action'], { stdio: [socket, socket, 'ignore'], detached: true });
  child.once('spawn', () => socket.destroy());
  console.log(`run ${child.pid}`);
});
server.listen(PROGRAM_SOCKET, () => console.log('listens'));
