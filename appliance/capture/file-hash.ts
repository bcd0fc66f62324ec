// SHA-256 of a stored file, in the way `sha256sum` prints it.

import { createHash } from 'node:crypto';
import fs from 'node:fs';

/** Hex; symbolic links are not followed. Rejects with the system's error. */
export async function hashFile(file: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW } = fs.constants;
  const handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
