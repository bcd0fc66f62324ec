// SHA-256 of a stored file, in the way `sha256sum` prints it.

import { createHash } from 'node:crypto';
import { openRegular } from '../storage/regular-file.ts';

/** Hex. Only of a plain file, over no link. Rejects with the system's error. */
export async function hashFile(file: string): Promise<string> {
  const handle = await openRegular(file);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
