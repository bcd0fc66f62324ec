// The parts of a process in the order in which they start: a part that fails stops those before it, and stopping mirrors starting.

import { toError } from './model/errors.ts';

/** Something that is started and stopped. */
export interface Part {
  readonly name: string;
  start(): void | Promise<void>;
  stop(): void | Promise<void>;
}

export function part(name: string, owner: Omit<Part, 'name'>): Part {
  return { name, start: () => owner.start(), stop: () => owner.stop() };
}

/** Starts in order; where one fails, those before it are stopped again and the failure goes on. Returns the reverse. */
export async function startAll(
  parts: readonly Part[],
  log: { warn(text: string): void },
): Promise<() => Promise<void>> {
  const started: Part[] = [];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) {
      try {
        await part.stop();
      } catch (thrown) {
        log.warn(`${part.name} did not stop cleanly: ${toError(thrown).message}`);
      }
    }
  };
  for (const part of parts) {
    try {
      started.push(part);
      await part.start();
    } catch (thrown) {
      await stop();
      throw thrown;
    }
  }
  return stop;
}
