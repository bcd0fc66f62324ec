// A tcpdump next to our own, on the same bridge: the witness that our files are held against.

import { once } from 'node:events';
import type { Home } from '../testbed/home.ts';

export interface SecondTcpdump {
  readonly path: string;
  stop(): Promise<void>;
}

/** Resolves once it listens. */
export async function recordBridge(home: Home, path: string): Promise<SecondTcpdump> {
  const words = ['-i', 'br-weir', '-n', '-U', '-B', '32768', '--time-stamp-precision=nano', '-w', path];
  const child = home.exec('tcpdump', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  await new Promise<void>((done, fail) => {
    child.stderr?.on('data', (text: Buffer) => text.includes('listening on') && done());
    child.once('exit', (code: number | null) => fail(new Error(`the second tcpdump ended: ${code}`)));
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGINT');
    await gone;
  };
  return { path, stop };
}
