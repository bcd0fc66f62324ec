// Known frames, sent on the capture interface at intervals and looked for at the other end: the only proof that a quiet network is
// quiet and capture not deaf. They are in no file and in no count but `received`, `captured` and `canaries`.
// A device that copies one hides nothing for long: each number is taken once, and only while it is awaited.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { CanaryStatus } from '../model/capture-status.ts';
import { printable } from '../model/text.ts';

/** Locally administered (U/L bit set), so that it is no vendor's device. */
const SENDER = Buffer.from('025745495201', 'hex');
/** Local Experimental EtherType 1 (IEEE 802-2014 §9.2.4). */
const ETHERTYPE = 0x88b5;
const NONCE_BYTES = 16;
const NONCE_AT = 14;
const NUMBER_AT = NONCE_AT + NONCE_BYTES;
/** Shortest Ethernet frame without checksum (IEEE 802.3 §4A.4.2). */
const FRAME_BYTES = 60;
const AWAIT_MS = 5000;
const SENDER_PROGRAM = fileURLToPath(new URL('./cap-send.js', import.meta.url));

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
  readonly #awaited = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #sent = 0;
  #seen = 0;
  /** The newest one whose fate is known did not arrive. */
  #lost = false;
  #reason = '';

  /** `address`: the capture interface's own, to which the frames go, so that no device ever receives one. */
  constructor(settings: CanarySettings, address: () => string | undefined, send: SendFrame = sendByCap) {
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

  start(): void {
    if (this.#settings.canarySeconds === 0 || this.#reason !== '') return;
    this.#timer = setInterval(() => void this.sendOne(), this.#settings.canarySeconds * 1000);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Sends the next one. Never rejects: where it cannot be sent, the canary is unavailable and says why. */
  async sendOne(): Promise<void> {
    const number = String(this.#sent + 1);
    const timer = setTimeout(() => {
      if (this.#awaited.delete(number)) this.#lost = true;
    }, AWAIT_MS);
    timer.unref();
    this.#awaited.add(number);
    this.#sent++;
    try {
      await this.#send(this.#settings.interface, this.#frame(this.#sent));
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
    if (own === undefined) SENDER.copy(frame, 0);
    else frame.write(own.replaceAll(':', ''), 0, 'hex');
    SENDER.copy(frame, 6);
    frame.writeUInt16BE(ETHERTYPE, 12);
    this.#nonce.copy(frame, NONCE_AT);
    frame.writeUInt32BE(number, NUMBER_AT);
    return frame;
  }

  /** Whether the frame is one that is awaited; it is not awaited any more then. In the packet path, but only for new senders. */
  take(bytes: Buffer, frame: number, end: number): boolean {
    if (end - frame < NUMBER_AT + 4 || this.#awaited.size === 0) return false;
    if (bytes.compare(SENDER, 0, 6, frame + 6, frame + 12) !== 0) return false;
    if (bytes.compare(this.#nonce, 0, NONCE_BYTES, frame + NONCE_AT, frame + NUMBER_AT) !== 0) return false;
    if (!this.#awaited.delete(String(bytes.readUInt32BE(frame + NUMBER_AT)))) return false;
    this.#seen++;
    this.#lost = false;
    return true;
  }
}

/** Through node-cap in a process that lives for one frame: Node itself cannot open a packet socket. */
function sendByCap(networkInterface: string, frame: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = [SENDER_PROGRAM, networkInterface, frame.toString('hex')];
    execFile(process.execPath, options, { timeout: AWAIT_MS }, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(stderr.trim() === '' ? error.message : stderr.trim()));
    });
  });
}
