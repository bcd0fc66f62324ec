// One channel's mail bag: what it has still to send, what it has sent. Sends in batches, tries again ever more slowly, and never
// holds more than a bound; nothing waits for it.

import { toError } from '../../model/errors.ts';
import { compareSeverities } from '../../model/severity.ts';
import type { Channel } from './channels.ts';
import { findingsTitle, type Notice, type Notification } from './notification.ts';

/** Findings and warnings in one message, the most severe; later messages take the others. */
export const MAX_IN_MESSAGE = 50;
/** While the channel does not answer; beyond, the least severe are only counted, and the message says how many. */
export const MAX_WAITING = 500;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 3_600_000;

export interface DeliveryRoom {
  /** What happens within so many milliseconds is one message. */
  readonly waitMs: number;
  /** A notification of findings without its time. */
  readonly frame: () => Pick<Notification, 'appliance' | 'link'>;
  /** Something was sent: what is kept of it has changed. */
  readonly sent: () => void;
  readonly problem: (text: string) => void;
}

export interface DeliveryView {
  readonly channel: Channel['name'];
  readonly sent: number;
  readonly waiting: number;
  /** Found no room while the channel did not take them. */
  readonly dropped: number;
  /** Why the last try failed; empty after one that succeeded. */
  readonly reason: string;
}

export class Delivery {
  readonly #channel: Channel;
  readonly #room: DeliveryRoom;
  readonly #reported: Set<string>;
  readonly #waiting = new Map<string, Notice>();
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #sent = 0;
  #dropped = 0;
  /** Dropped since the last message: it reports how many. */
  #untold = 0;
  #reason = '';
  #sending: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(channel: Channel, room: DeliveryRoom, reported: Iterable<string>) {
    this.#channel = channel;
    this.#room = room;
    this.#reported = new Set(reported);
  }

  get view(): DeliveryView {
    const { name: channel } = this.#channel;
    return { channel, sent: this.#sent, waiting: this.#waiting.size, dropped: this.#dropped, reason: this.#reason };
  }

  /** Ids that were sent, or are not to be. */
  get reported(): readonly string[] {
    return [...this.#reported];
  }

  /** Those that this channel has not sent yet; `all` are the ids that there are, the others are forgotten. */
  take(notices: readonly Notice[], all: ReadonlySet<string>): void {
    for (const id of this.#reported) if (!all.has(id)) this.#reported.delete(id);
    for (const notice of notices) {
      if (this.#reported.has(notice.id) || this.#waiting.has(notice.id)) continue;
      this.#waiting.set(notice.id, notice);
      if (this.#waiting.size > MAX_WAITING) this.#leaveOut();
    }
    if (this.#waiting.size > 0 && this.#timer === undefined) this.#sendAfter(this.#room.waitMs);
  }

  /** The least severe, of equal ones the newest: a flood of small findings displaces no grave one. */
  #leaveOut(): void {
    let least: Notice | undefined;
    for (const notice of this.#waiting.values())
      if (least === undefined || compareSeverities(notice, least) >= 0) least = notice;
    if (least === undefined) return;
    this.#waiting.delete(least.id);
    this.#reported.add(least.id);
    this.#dropped++;
    this.#untold++;
  }

  /** At once and only once. @throws the channel's reason. */
  async sendNow(notification: Notification): Promise<void> {
    try {
      await this.#channel.send(notification);
      this.#reason = '';
      this.#sent++;
    } catch (thrown) {
      this.#reason = toError(thrown).message;
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sending;
  }

  #sendAfter(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#sending = this.#sendBatch();
    }, ms);
  }

  async #sendBatch(): Promise<void> {
    const batch = [...this.#waiting.values()].sort(compareSeverities).slice(0, MAX_IN_MESSAGE);
    const more = this.#untold;
    const ts = new Date().toISOString();
    const title = findingsTitle(batch, more);
    const frame = this.#room.frame();
    try {
      await this.sendNow({
        schema: 'weir.notification/1',
        ts,
        ...frame,
        kind: 'findings',
        title,
        notices: batch,
        more,
      });
      this.#untold -= more;
      this.#pauseMs = FIRST_PAUSE_MS;
      for (const { id } of batch) {
        this.#waiting.delete(id);
        this.#reported.add(id);
      }
      this.#room.sent();
      this.#goOn(this.#room.waitMs);
    } catch (thrown) {
      if (this.#pauseMs === FIRST_PAUSE_MS)
        this.#room.problem(`notify.${this.#channel.name}: not sent (${toError(thrown).message}); it is tried again`);
      const pauseMs = this.#pauseMs;
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      this.#goOn(pauseMs);
    }
  }

  #goOn(ms: number): void {
    this.#timer = undefined;
    if (this.#waiting.size > 0) this.#sendAfter(ms);
  }
}
