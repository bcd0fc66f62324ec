// Which retained topics of ours are on the broker: kept over restarts, so that those of devices that are gone, of another
// base topic or of discovery switched off can be taken back. Pure; publisher.ts stores the list.

/** Topics that are remembered to be taken back from the broker; further ones are sent, but not remembered. */
export const MAX_TOPICS = 2000;

export class RetainedTopics {
  readonly #topics: Set<string>;
  #changed = false;

  constructor(stored: unknown) {
    const list = Array.isArray(stored) ? stored.filter((topic): topic is string => typeof topic === 'string') : [];
    this.#topics = new Set(list.slice(0, MAX_TOPICS));
  }

  add(topic: string): void {
    if (this.#topics.has(topic) || this.#topics.size >= MAX_TOPICS) return;
    this.#topics.add(topic);
    this.#changed = true;
  }

  /** Takes out and returns what `isCurrent` does not know. */
  takeStale(isCurrent: (topic: string) => boolean): string[] {
    const stale = [...this.#topics].filter((topic) => !isCurrent(topic));
    for (const topic of stale) this.#topics.delete(topic);
    if (stale.length > 0) this.#changed = true;
    return stale;
  }

  /** The list, when it changed since the last call. */
  takeChanged(): string[] | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    return [...this.#topics].sort();
  }
}
