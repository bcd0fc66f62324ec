// Hands out single packets of the captures, one after the other: the processes that show them read no capture file. Without a payload for the
// asking; with it only after a line of the ledger says so, and not often. A closed file must be the one in the ledger.
// Asked on the control socket (verb `packet`); reads in small pieces, so that the packets of now do not wait.

import { packetBytes } from '../../decode/packet/packet-view.ts';
import type { CaptureRequest } from '../../model/capture-status.ts';
import type { PacketBytes } from '../../model/document/packet.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import type { Clock } from '../../model/time/clock.ts';
import { findPacket } from '../evidence/find-packet.ts';
import type { Ledger } from '../ledger/ledger.ts';

type PacketRequest = CaptureRequest & { verb: 'packet' };

/** Packets are read one after the other; who comes later is asked to try again. */
const MAX_WAITING = 16;
const REVEALS_A_MINUTE = 10;
/** Each may hash a whole file: a loop of somebody else must not be what this process does. */
const LOOKS_A_MINUTE = 60;
const MINUTE_NS = 60_000_000_000n;
/** Below the ten seconds that askers wait. */
const STORED_MS = 4000;

export class PacketDesk {
  readonly #captures: string;
  readonly #ledger: Pick<Ledger, 'append' | 'sync'>;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** When a packet was asked for, monotonic, and whether with its payload; of the last minute. */
  #asked: { readonly at: bigint; readonly reveal: boolean }[] = [];

  constructor(captures: string, ledger: Pick<Ledger, 'append' | 'sync'>, clock: Clock) {
    this.#captures = captures;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** Rejects with PACKET_UNKNOWN, SEGMENT_ALTERED, REVEAL_TOO_OFTEN, LEDGER_WAITS, or REQUEST_INVALID where too many wait. */
  async ask(request: PacketRequest): Promise<PacketBytes> {
    if (this.#waiting >= MAX_WAITING)
      throw new WeirError('REQUEST_INVALID', 'Too many packets are asked for at once. Nothing was shown; ask again.');
    this.#waiting++;
    const answer = this.#last.then(() => this.#answer(request));
    this.#last = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.#waiting--;
    }
  }

  async #answer({ path, sha256, packet, reveal, by }: PacketRequest): Promise<PacketBytes> {
    this.#count(reveal);
    const { found, sha256: now } = await findPacket(this.#captures, path, packet);
    if (sha256 !== null && sha256 !== now) throw altered(path);
    if (found === undefined) throw unknown(path, packet);
    if (reveal) await this.#record({ type: 'reveal', by, path, packet, sha256: now });
    return packetBytes(found, reveal, now);
  }

  #count(reveal: boolean): void {
    const now = this.#clock.monotonic();
    this.#asked = this.#asked.filter(({ at }) => now - at < MINUTE_NS);
    const revealed = this.#asked.filter((one) => one.reveal).length;
    const what =
      reveal && revealed >= REVEALS_A_MINUTE
        ? `${REVEALS_A_MINUTE} payloads were revealed`
        : this.#asked.length >= LOOKS_A_MINUTE
          ? `${LOOKS_A_MINUTE} packets were looked at`
          : '';
    if (what !== '') {
      const message = `${what} within a minute. Nothing was shown; wait a minute, or download the segment.`;
      throw new WeirError('REVEAL_TOO_OFTEN', message);
    }
    this.#asked.push({ at: now, reveal });
  }

  /** Nothing is shown before the line is on the card. */
  async #record(line: Parameters<Ledger['append']>[0]): Promise<void> {
    this.#ledger.append(line);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('no answer from the disk'), STORED_MS);
    });
    const stored = this.#ledger.sync().then(
      () => '',
      (error: unknown) => systemCode(error) ?? String(error),
    );
    const problem = await Promise.race([stored, late]);
    clearTimeout(timer);
    if (problem === '') return;
    const message = `The ledger’s line of this reveal is not on the card yet (${problem}), so nothing is shown. It is written as soon as the disk takes it.`;
    throw new WeirError('LEDGER_WAITS', message);
  }
}

function altered(path: string): WeirError {
  const message = `captures/${path} has another SHA-256 than the ledger gives: it was altered or damaged. Nothing of it is shown; run \`weir verify\`.`;
  return new WeirError('SEGMENT_ALTERED', message);
}

function unknown(path: string, packet: number): WeirError {
  return new WeirError('PACKET_UNKNOWN', `captures/${path} has no packet ${packet}. Nothing was shown.`);
}
