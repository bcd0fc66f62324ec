// Windows of time for page, broker and command line: which there are, and marking one afterwards. Reads what the ledger's fold knows;
// writes through capture only. Part of appliance-answers.ts.

import type { CaptureClient } from '../../experiment/capture-client.ts';
import type { FiguresThread } from '../../experiment/windows/figures-thread.ts';
import { checkMark } from '../../experiment/windows/mark-rules.ts';
import { type FiguresGround, planFigures } from '../../experiment/windows/window-figures.ts';
import { firstBegin } from '../../experiment/windows/window-segments.ts';
import { chosenWindows, windowsOf } from '../../experiment/windows/windows.ts';
import type { WindowFigures } from '../../model/document/window-figures.ts';
import { WeirError } from '../../model/errors.ts';
import type { WindowAbout, WindowKind } from '../../model/experiment/window.ts';
import { printable } from '../../model/text.ts';
import { formatSeconds, INSTANT_HELP, parseInstant } from '../../model/time/clock.ts';
import { meantDevice } from '../device-word.ts';
import type { DeviceRow } from '../schemas/devices.ts';
import type { MarkRequest, WindowsResponse } from '../schemas/windows.ts';

/** As it is asked for; words are checked here. */
export interface WindowsWish {
  readonly from?: string;
  readonly to?: string;
  readonly device?: string;
  readonly kind?: WindowKind;
}

export type FiguresWish = { readonly device?: string } & (
  | { readonly id: string }
  | { readonly from: string; readonly to: string }
);

interface WindowParts extends FiguresGround {
  readonly capture: CaptureClient;
  readonly thread: FiguresThread;
  readonly devices: () => readonly DeviceRow[];
}

/** What may be said of a tag, with its companions as people name devices. */
type AboutWords = Pick<MarkRequest, 'interaction' | 'companions' | 'note'>;

export class WindowAnswers {
  readonly #parts: WindowParts;

  constructor(parts: WindowParts) {
    this.#parts = parts;
  }

  /** @throws WeirError REQUEST_INVALID, DEVICE_UNKNOWN, DEVICE_AMBIGUOUS */
  list({ from, to, device, kind }: WindowsWish): WindowsResponse {
    const { recorded, devices } = this.#parts;
    const question = {
      kind,
      device: device === undefined ? undefined : meantDevice(device, devices),
      from: from === undefined ? undefined : instantOf(from),
      to: to === undefined ? undefined : instantOf(to),
    };
    if (question.from !== undefined && question.to !== undefined && question.from >= question.to)
      throw new WeirError('REQUEST_INVALID', 'The end is not later than the begin; nothing is shown.');
    return {
      ts: new Date().toISOString(),
      windows: chosenWindows(windowsOf(recorded), question),
      left_out: recorded.leftOut,
    };
  }

  /** Of a window by its id, or of a span. @throws WeirError REQUEST_INVALID, DEVICE_UNKNOWN, DEVICE_AMBIGUOUS */
  figures(wish: FiguresWish): Promise<WindowFigures> {
    const { thread, devices } = this.#parts;
    const device = wish.device === undefined ? null : meantDevice(wish.device, devices);
    const span = 'id' in wish ? { id: wish.id } : { from: instantOf(wish.from), to: instantOf(wish.to) };
    return thread.draw(planFigures(this.#parts, { device, ...span }));
  }

  /** Writes it into the ledger. @throws WeirError REQUEST_INVALID, DEVICE_UNKNOWN, DEVICE_AMBIGUOUS, CAPTURE_UNREACHABLE */
  async mark(request: MarkRequest, by: string): Promise<{ id: string | null }> {
    const { recorded, catalog, capture, devices } = this.#parts;
    const { tag: name, device: word } = request;
    const device = word == null ? null : meantDevice(word, devices);
    const wish = {
      name,
      device,
      about: this.about(request),
      from: instantOf(request.from),
      to: instantOf(request.to),
    };
    checkMark(wish, {
      windows: windowsOf(recorded),
      isKnown: (key) => devices().some((row) => row.mac === key || row.id === key),
      firstPacket: firstBegin(catalog.all(), device),
      now: BigInt(Date.now()) * 1_000_000n,
    });
    const { from, to, about } = wish;
    const span = { from: formatSeconds(from), to: formatSeconds(to) };
    const reported = await capture.ask({ verb: 'mark', kind: 'tag', name, device, ...span, by, ...about });
    const { line } = (reported ?? {}) as { line?: unknown };
    return { id: typeof line === 'number' ? `tag-${line}` : null };
  }

  /** Takes back what was marked afterwards. @throws WeirError REQUEST_INVALID, CAPTURE_UNREACHABLE */
  async unmark(id: string, by: string): Promise<void> {
    const { recorded, capture } = this.#parts;
    const found = windowsOf(recorded).find(({ window }) => window.id === id)?.window;
    if (found?.made !== 'afterwards') {
      const message = `${printable(id, 40)} is no window that was marked afterwards. Nothing was written. \`weir windows\` lists them.`;
      throw new WeirError('REQUEST_INVALID', message);
    }
    await capture.ask({ verb: 'unmark', line: Number(id.slice(id.indexOf('-') + 1)), by });
  }

  /** @throws WeirError DEVICE_UNKNOWN, DEVICE_AMBIGUOUS */
  about({ interaction, companions, note }: AboutWords): WindowAbout {
    const macs = companions?.map((word) => meantDevice(word, this.#parts.devices));
    return {
      ...(interaction === undefined ? {} : { interaction }),
      ...(macs === undefined || macs.length === 0 ? {} : { companions: macs }),
      ...(note === undefined || note === '' ? {} : { note }),
    };
  }
}

function instantOf(text: string): bigint {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  throw new WeirError('REQUEST_INVALID', `${printable(text, 40)} is no time: ${INSTANT_HELP}. Nothing was done.`);
}
