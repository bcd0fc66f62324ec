// Messages on their way to the broker, bounded: at most a thousand and 2 MiB, whatever the broker does. A newer state takes
// the place of the older one of its topic; when it is full, events that nobody keeps go first. Pure.

export interface OutMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** Waiting for the broker; beyond, the oldest event goes first, findings too, then the oldest state. All are counted. */
export const MAX_MESSAGES = 1000;
/** Characters of all topics and payloads that wait; beyond, messages are dropped as with too many. */
export const MAX_BYTES = 2 * 1024 * 1024;

export class Outbox {
  /** By topic for retained messages, by number for others; insertion order is sending order. */
  readonly #messages = new Map<string, OutMessage>();
  #bytes = 0;
  #number = 0;
  #dropped = 0;

  get size(): number {
    return this.#messages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages that found no room. A state replaced by a newer one is not dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  put(message: OutMessage): void {
    const key = message.retain ? `= ${message.topic}` : `# ${++this.#number}`;
    this.#remove(key);
    this.#messages.set(key, message);
    this.#bytes += sizeOf(message);
    while (this.#messages.size > MAX_MESSAGES || this.#bytes > MAX_BYTES) this.#dropOne();
  }

  /** The oldest, and it is gone from here. */
  take(): OutMessage | undefined {
    const first = this.#messages.entries().next();
    if (first.done === true) return undefined;
    this.#remove(first.value[0]);
    return first.value[1];
  }

  /** A message that could not be sent comes back, unless there is a newer one of its topic. */
  giveBack(message: OutMessage): void {
    if (message.retain && this.#messages.has(`= ${message.topic}`)) return;
    this.put(message);
  }

  #dropOne(): void {
    const events = [...this.#messages.keys()].find((key) => key.startsWith('#'));
    const key = events ?? this.#messages.keys().next().value;
    if (key === undefined) return;
    this.#remove(key);
    this.#dropped++;
  }

  #remove(key: string): void {
    const message = this.#messages.get(key);
    if (message === undefined) return;
    this.#messages.delete(key);
    this.#bytes -= sizeOf(message);
  }
}

/** Characters, close enough to bytes for a limit: payloads are JSON and mostly ASCII. */
function sizeOf({ topic, payload }: OutMessage): number {
  return topic.length + payload.length;
}
