// Asks the appliance over its local socket, where file permission is the credential.

import { request } from 'node:http';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';

const PATIENCE_MS = 60_000;

export interface Asked {
  readonly text: string;
  readonly ms: number;
}

/** Rejects where nobody answers within a minute, or with anything but 200. */
export function ask(socketPath: string, path: string, patienceMs = PATIENCE_MS): Promise<Asked> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, timeout: patienceMs, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('error', reject);
      answer.once('end', () => {
        const text = Buffer.concat(parts).toString();
        if (answer.statusCode === 200) resolve({ text, ms: performance.now() - start });
        else reject(new Error(`${path}: ${answer.statusCode} ${text.slice(0, 200)}`));
      });
    });
    asking.once('timeout', () => asking.destroy(new Error(`${path}: no answer in ${patienceMs} ms`)));
    asking.once('error', reject);
    asking.end();
  });
}

export async function askStatus(socketPath: string, patienceMs?: number): Promise<StatusResponse> {
  return JSON.parse((await ask(socketPath, '/api/v1/status', patienceMs)).text) as StatusResponse;
}
