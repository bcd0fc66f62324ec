// Whether a span that has passed may be marked: each mistake has one clear line, and nothing is written then. Pure; asked by
// publish/answers/window-answers.ts before capture is.

import { WeirError } from '../../model/errors.ts';
import type { WindowAbout } from '../../model/experiment/window.ts';
import type { DeviceKey } from '../../model/mac.ts';
import { nanoText } from './window-time.ts';
import type { TracedWindow } from './windows.ts';

/** Times in nanoseconds since 1970. */
export interface MarkWish {
  readonly name: string;
  readonly device: DeviceKey | null;
  readonly from: bigint;
  readonly to: bigint;
  readonly about: WindowAbout;
}

export interface MarkGround {
  readonly windows: readonly TracedWindow[];
  readonly isKnown: (device: string) => boolean;
  /** Of the device, or of all; null while none came. */
  readonly firstPacket: bigint | null;
  readonly now: bigint;
}

/** @throws WeirError REQUEST_INVALID, DEVICE_UNKNOWN */
export function checkMark(wish: MarkWish, ground: MarkGround): void {
  const { name, device, from, to, about } = wish;
  const span = `${nanoText(from)} to ${nanoText(to)}`;
  if (from > to) throw invalid(`${name}: the window ends before it begins (${span})`, 'Swap its times');
  if (from === to) throw invalid(`${name}: the window is empty (${span})`, 'Let it end later than it begins');
  if (to > ground.now) throw invalid(`${name}: the window ends in the future (${span})`, 'Start a tag instead');
  for (const one of [...(device === null ? [] : [device]), ...(about.companions ?? [])])
    if (!ground.isKnown(one)) {
      const message = `No device ${one} was seen. Nothing was written. \`weir devices\` lists those that were.`;
      throw new WeirError('DEVICE_UNKNOWN', message);
    }
  if (ground.firstPacket === null || to <= ground.firstPacket) {
    const first = ground.firstPacket === null ? 'none yet' : nanoText(ground.firstPacket);
    throw invalid(`${name}: the window (${span}) ends before the first packet (${first})`, 'Mark a later one');
  }
  const other = ground.windows.find((one) => overlaps(one, wish));
  if (other !== undefined) {
    const { id, from: begin, to: end } = other.window;
    throw invalid(
      `${name}: the window (${span}) overlaps ${id} of the same name (${begin} to ${end ?? 'now'})`,
      'Choose another name or other times',
    );
  }
}

/** Of the same name and for the same device; one for all devices is for each of them. */
function overlaps({ window }: TracedWindow, { name, device, from, to }: MarkWish): boolean {
  if (window.kind !== 'tag' || window.name !== name) return false;
  if (window.device !== null && device !== null && window.device !== device) return false;
  return window.from < nanoText(to) && (window.to === null || window.to > nanoText(from));
}

function invalid(what: string, remedy: string): WeirError {
  return new WeirError('REQUEST_INVALID', `${what}. Nothing was written. ${remedy}.`);
}
