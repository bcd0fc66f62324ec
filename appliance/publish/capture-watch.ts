// The newest answer of capture, asked once a second: what the page shows of counters, phase and tags. No answer is an
// answer too, with its reason; "no data" is never shown as zero.

import type { CaptureClient } from '../experiment/capture-client.ts';
import type { CaptureStatus } from '../model/capture-status.ts';
import { toError } from '../model/errors.ts';

const ASK_MS = 1000;

export class CaptureWatch {
  readonly #client: CaptureClient;
  readonly #changed: () => void;
  #status: CaptureStatus | null = null;
  #reason = 'capture was not asked yet';
  #recordingAt: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;

  /** `changed`: state or phase are not what they were. */
  constructor(client: CaptureClient, changed: () => void) {
    this.#client = client;
    this.#changed = changed;
  }

  get status(): CaptureStatus | null {
    return this.#status;
  }

  /** Why there is no status; empty while there is one. */
  get reason(): string {
    return this.#reason;
  }

  /** When capture last said that it records, in milliseconds since 1970; null before it did. */
  get recordingAt(): number | null {
    return this.#recordingAt;
  }

  get isRecording(): boolean {
    return this.#status?.state === 'capturing' || this.#status?.state === 'degraded';
  }

  async start(): Promise<void> {
    await this.ask();
    this.#timer = setInterval(() => void this.ask(), ASK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#asking;
  }

  /** Asks now; the answer to a question that is on its way already is good enough. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const before = fingerprint(this.#status);
    try {
      this.#status = await this.#client.status();
      this.#reason = '';
      if (this.isRecording) this.#recordingAt = Date.now();
    } catch (thrown) {
      this.#status = null;
      this.#reason = toError(thrown).message;
    }
    if (fingerprint(this.#status) !== before) this.#changed();
  }
}

function fingerprint(status: CaptureStatus | null): string {
  return status === null
    ? ''
    : `${status.state} ${status.phase} ${status.interaction} ${status.phase_since} ${status.tags.length}`;
}
