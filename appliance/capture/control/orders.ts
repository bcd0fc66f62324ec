// What people order while capture runs: phases, tags, pauses, and what they want written down. Made by recorder.ts, which the
// control socket asks; request.ts has made sure of the words.

import type { CaptureRequest, ForgetAnswer } from '../../model/capture-status.ts';
import { systemCode, WeirError } from '../../model/errors.ts';
import { pauseReason } from '../../model/ledger.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { SCANNER_PORTS } from '../../model/scan/port-scan.ts';
import type { CutReason } from '../../model/segment.ts';
import { type Clock, parseSeconds } from '../../model/time/clock.ts';
import type { Engine, EngineSink } from '../engines/engine.ts';
import type { Demux } from '../evidence/demux.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerTag } from '../ledger/ledger-state.ts';
import type { Labels, PhaseNow } from './labels.ts';

/** What an order reaches of the recorder. */
export interface OrderParts {
  readonly labels: Labels;
  readonly demux: Demux;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly engine: Engine;
  /** Where the engine delivers to after a pause. */
  readonly sink: EngineSink;
  readonly cutAll: (reason: CutReason) => { cut: number };
  /** A boundary in packet time was set now. */
  readonly boundarySet: () => void;
  /** The engine has stopped; the interval without packets began at `from`. */
  readonly paused: (from: bigint, reason: string) => void;
  /** The engine is going to be started again. */
  readonly resuming: () => void;
  /** Of the segment that was opened last. */
  readonly newestSequence: () => number;
  /** The ledger says that a device is forgotten: its files may go. */
  readonly forgotten: () => void;
  /** One line for the operator. */
  readonly say: (line: string) => void;
}

/** Below the ten seconds that askers of orders wait. */
const STORED_MS = 8000;

/** `status` is answered by status.ts, `hold` by holds.ts, `sign` by export-signer.ts, `packet` by packet-desk.ts. */
export type Order = Exclude<CaptureRequest, { verb: 'status' | 'hold' | 'sign-part' | 'sign' | 'packet' }>;

export class Orders {
  readonly #parts: OrderParts;
  #paused = '';

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /** By whom and why capture is paused; empty while it is not. */
  get paused(): string {
    return this.#paused;
  }

  /**
   * The answer, once the order's ledger line is on the card: no power cut reverts an acknowledged order. Rejects with a
   * WeirError where the order cannot be carried out, or its line is not known to be there. Nothing of capture waits for it.
   */
  async carryOut(order: Order): Promise<unknown> {
    const answer = await this.#carryOut(order);
    if (order.verb !== 'rotate') await this.#stored();
    return answer;
  }

  async #stored(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('no answer from the disk'), STORED_MS);
    });
    const stored = this.#parts.ledger.sync().then(
      () => '',
      (error: unknown) => systemCode(error) ?? String(error),
    );
    const problem = await Promise.race([stored, late]);
    clearTimeout(timer);
    if (problem === '') return;
    const message = `The order is carried out, but the ledger’s line of it is not on the card yet (${problem}): a power cut would take it. The line waits and is written as soon as the disk takes it.`;
    throw new WeirError('LEDGER_WAITS', message);
  }

  #carryOut(order: Order): unknown {
    const { labels, ledger, cutAll } = this.#parts;
    switch (order.verb) {
      case 'phase':
        return this.#declarePhase(order);
      case 'rotate':
        return cutAll('command');
      case 'pause':
        return this.#pause(order.by, order.note);
      case 'resume':
        return this.#resume(order.by);
      case 'tag-start':
        return this.#startTag(order);
      case 'tag-stop':
        return labels.end(order.tag, 'tag-stopped');
      case 'tag-cancel':
        return labels.end(order.tag, 'tag-cancelled');
      case 'mark':
        return this.#mark(order);
      case 'unmark':
        return void ledger.append({ type: 'window-removed', line: order.line, by: order.by });
      case 'identify': {
        const { verb: _verb, ...said } = order;
        return void ledger.append({ type: 'identity', ...said });
      }
      case 'campaign': {
        const { verb: type, run, event, step, attempt, device, by, text, withdrawn } = order;
        return void ledger.append({ type, run, event, step, attempt, device, by, text, withdrawn });
      }
      case 'annotate':
        return void ledger.append({ type: 'annotation', by: order.by, text: order.text });
      case 'set-aside': {
        const { finding, reason, by } = order;
        return void ledger.append({ type: 'finding-set-aside', finding, reason, by });
      }
      case 'forget':
        return this.#forget(order);
      case 'scan-start': {
        const { scan, device, address, profile, by } = order;
        const { first: first_port, last: last_port } = SCANNER_PORTS;
        const line = { scan, device, address, first_port, last_port, profile, by };
        return void ledger.append({ type: 'scan-started', ...line });
      }
      case 'scan-end': {
        const { scan, device, until, state, sha256 } = order;
        return void ledger.append({ type: 'scan-ended', scan, device, until, state, sha256 });
      }
      case 'note': {
        const { type, by, files, detail } = order;
        return void ledger.append({ type, by, files, detail });
      }
    }
  }

  #declarePhase({ phase, interaction, by, note }: Order & { verb: 'phase' }): PhaseNow {
    const { labels, demux, engine, cutAll, boundarySet } = this.#parts;
    demux.passBoundary();
    const { ns, now } = labels.declare(phase, interaction, by, note);
    const fraction = Number(ns % 1_000_000_000n) / (demux.format?.resolution === 'us' ? 1000 : 1);
    demux.setBoundary(Number(ns / 1_000_000_000n), fraction, () => {
      labels.reached(now);
      cutAll('phase');
    });
    boundarySet();
    // Only the kernel's time stamps can be compared with now.
    if (engine.timestamps !== 'kernel') demux.passBoundary();
    return now;
  }

  /** What is to come is no window yet: a tag is started for it. */
  #mark({ verb: _verb, ...mark }: Order & { verb: 'mark' }): { line: number } {
    const { ledger, clock } = this.#parts;
    if ((parseSeconds(mark.to) ?? 0n) > clock.wall())
      throw new WeirError('REQUEST_INVALID', `The window ${mark.name} ends in the future. Nothing was written.`);
    ledger.append({ type: 'window', ...mark });
    return { line: ledger.chain.lines };
  }

  #startTag({ verb: _verb, tag, device, by, ...about }: Order & { verb: 'tag-start' }): LedgerTag {
    const { labels, demux } = this.#parts;
    const started = labels.start(tag, device, by, about);
    for (const writer of demux.writers()) {
      if (device === null || device === writer.account.device) writer.segment?.label.tags.add(tag);
    }
    return started;
  }

  /** What is heard of it after this line is recorded as of a device that is new. */
  async #forget({ device, by, reason }: Order & { verb: 'forget' }): Promise<ForgetAnswer> {
    const { labels, ledger, forgotten, newestSequence, say } = this.#parts;
    if (!(await this.#endDevice(device))) {
      const message = `${device} is not forgotten: the disk takes nothing now, so its newest segment cannot be closed. Nothing was deleted. Ask again when \`weir status\` is well.`;
      throw new WeirError('DATA_UNWRITABLE', message);
    }
    for (const { tag } of labels.tags.filter((one) => one.device === device)) labels.end(tag, 'tag-cancelled');
    const up_to = newestSequence();
    ledger.append({ type: 'device-forgotten', device, up_to, by, reason });
    say(`a device is forgotten on request of ${by || 'somebody'}`);
    forgotten();
    return { up_to };
  }

  /** Takes its place away; what was held back in memory is in a segment with a number when this resolves. False: the disk refused. */
  async #endDevice(device: DeviceKey): Promise<boolean> {
    const { demux } = this.#parts;
    demux.endDevice(device);
    for (const writer of demux.writers()) if (writer.account.device === device && !(await writer.sync())) return false;
    // It may have said something meanwhile.
    demux.endDevice(device);
    return true;
  }

  /** Reported twice: at its start, and at its end with its length. */
  async #pause(by: string, note: string): Promise<PhaseNow> {
    const { labels, ledger, clock, engine, cutAll, paused } = this.#parts;
    if (engine.timestamps === 'file') throw new WeirError('REQUEST_INVALID', 'A replay cannot be paused. It goes on.');
    if (this.#paused !== '') return labels.phase;
    this.#paused = pauseReason(by, note);
    ledger.append({ type: 'paused', by, note });
    const from = clock.wall();
    await engine.stop();
    paused(from, this.#paused);
    cutAll('command');
    return labels.phase;
  }

  async #resume(by: string): Promise<PhaseNow> {
    const { labels, engine, sink, resuming, say } = this.#parts;
    if (this.#paused === '') return labels.phase;
    const paused = this.#paused;
    this.#paused = '';
    resuming();
    say(`resumed by ${by || 'request'}`);
    try {
      await engine.start(sink);
    } catch (error) {
      // A program that is gone, or a permission: as before, until the next request.
      this.#paused = paused;
      throw error;
    }
    return labels.phase;
  }
}
