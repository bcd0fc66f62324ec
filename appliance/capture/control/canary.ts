// Known frames, sent on the capture interface at intervals and looked for at the other end: the only proof that a quiet network is
// quiet and capture not deaf. They are in no file and in no count but `received`, `captured` and `canaries`.
// A device that copies one hides nothing for long: each number is taken once, and only after it was sent.

import { randomBytes } from 'node:crypto';
import type { CanaryStatus } from '../../model/capture-status.ts';
import { printable } from '../../model/text.ts';
import { sendFrame } from './frame-sender.ts';

/** Locally administered (U/L bit set), so that it is no vendor's device. Three more bytes are drawn: no device can be it first. */
const SENDER_PREFIX = Buffer.from('025745', 'hex');
/** Local Experimental EtherType 1 (IEEE 802-2014 §9.2.4). */
const ETHERTYPE = 0x88b5;
const NONCE_BYTES = 16;
const NONCE_AT = 14;
const NUMBER_AT = NONCE_AT + NONCE_BYTES;
/** Shortest Ethernet frame without checksum (IEEE 802.3 §4A.4.2). */
const FRAME_BYTES = 60;
const AWAIT_MS = 5000;
/** One that comes later than that is still none of a device's frames. So many are remembered. */
const MAX_AWAITED = 4096;

export interface CanarySettings {
  readonly interface: string;
  readonly canarySeconds: number;
  readonly filter: string;
  readonly engine: string;
}

/** Puts one frame on the wire; rejects with the reason. */
export type SendFrame = (networkInterface: string, frame: Buffer) => Promise<void>;

export class Canary {
  readonly #settings: CanarySettings;
  readonly #address: () => string | undefined;
  readonly #send: SendFrame;
  readonly #nonce = randomBytes(NONCE_BYTES);
  readonly #sender = Buffer.concat([SENDER_PREFIX, randomBytes(3)]);
  /** Sent and not seen, lost ones included. */
  readonly #awaited = new Set<number>();
  #timer: NodeJS.Timeout | null = null;
  #number = 0;
  #sent = 0;
  #seen = 0;
  /** The newest one whose fate is known did not arrive. */
  #lost = false;
  #reason = '';

  /** `address`: the capture interface's own, to which the frames go, so that no device ever receives one. */
  constructor(settings: CanarySettings, address: () => string | undefined, send: SendFrame = sendFrame) {
    this.#settings = settings;
    this.#address = address;
    this.#send = send;
    if (settings.engine === 'file') this.#reason = 'a replay has no interface';
    else if (settings.filter !== '') this.#reason = 'a capture filter is set';
  }

  get status(): CanaryStatus {
    const { canarySeconds } = this.#settings;
    const counts = { sent: this.#sent, seen: this.#seen, reason: this.#reason };
    if (canarySeconds === 0) return { state: 'off', ...counts };
    if (this.#reason !== '') return { state: 'unavailable', ...counts };
    if (this.#sent === 0) return { state: 'waiting', ...counts };
    return { state: this.#lost ? 'lost' : 'ok', ...counts };
  }

  /** `isListening`: whether capture wants to hear anything now; while it is paused or waits, a frame would be lost for nothing. */
  start(isListening: () => boolean): void {
    if (this.#settings.canarySeconds === 0 || this.#reason !== '') return;
    const send = (): void => {
      if (isListening()) void this.sendOne();
    };
    this.#timer = setInterval(send, this.#settings.canarySeconds * 1000);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Sends the next one. Never rejects: where it cannot be sent, the canary is unavailable and says why. */
  async sendOne(): Promise<void> {
    const number = ++this.#number;
    const timer = setTimeout(() => {
      if (this.#awaited.has(number)) this.#lost = true;
    }, AWAIT_MS);
    timer.unref();
    this.#awaited.add(number);
    this.#awaited.delete(number - MAX_AWAITED);
    this.#sent++;
    try {
      await this.#send(this.#settings.interface, this.#frame(number));
      this.#reason = '';
    } catch (error) {
      this.#sent--;
      this.#awaited.delete(number);
      this.#reason = printable(String(error instanceof Error ? error.message : error).split('\n')[0] ?? '');
    }
  }

  #frame(number: number): Buffer {
    const frame = Buffer.alloc(FRAME_BYTES);
    const own = this.#address();
    if (own === undefined) this.#sender.copy(frame, 0);
    else frame.write(own.replaceAll(':', ''), 0, 'hex');
    this.#sender.copy(frame, 6);
    frame.writeUInt16BE(ETHERTYPE, 12);
    this.#nonce.copy(frame, NONCE_AT);
    frame.writeUInt32BE(number, NUMBER_AT);
    return frame;
  }

  /** Whether the frame is one that is awaited; it is not awaited any more then. In the packet path, but only for new senders. */
  take(bytes: Buffer, frame: number, end: number): boolean {
    if (end - frame < NUMBER_AT + 4 || this.#awaited.size === 0) return false;
    if (bytes.compare(this.#sender, 0, 6, frame + 6, frame + 12) !== 0) return false;
    if (bytes.compare(this.#nonce, 0, NONCE_BYTES, frame + NONCE_AT, frame + NUMBER_AT) !== 0) return false;
    if (!this.#awaited.delete(bytes.readUInt32BE(frame + NUMBER_AT))) return false;
    this.#seen++;
    this.#lost = false;
    return true;
  }
}
