// How capture is doing, in one word and one line for a person, from what the parts say. Pure.

import type { CaptureState } from '../../model/capture-status.ts';
import type { EngineState } from '../engines/engine.ts';
import { diskProblem } from '../storage/disk-words.ts';

export interface CaptureSigns {
  readonly stopping: boolean;
  /** Who paused capture, and why; empty while it is not paused. */
  readonly paused: string;
  readonly engine: EngineState;
  /** Why the engine waits; empty while it does not. */
  readonly engineReason: string;
  /** Why nothing may be stored; empty while it may. */
  readonly noRoom: string;
  /** The last disk error; empty while the disk works. */
  readonly diskError: string;
  /** The disk has space, but takes no more files. */
  readonly inodesGone: boolean;
  readonly unfinished: number;
  /** What was lost in the last minute; empty for nothing. */
  readonly losses: string;
  /** The newest self-test frames did not arrive. */
  readonly canaryLost: boolean;
}

export interface CaptureCondition {
  readonly state: CaptureState;
  readonly reason: string;
}

export function captureCondition(signs: CaptureSigns): CaptureCondition {
  const reason = reasonOf(signs);
  if (signs.stopping) return { state: 'stopping', reason };
  if (signs.paused !== '')
    return { state: 'paused', reason: `${signs.paused}; nothing is captured until it is resumed` };
  if (signs.engine === 'starting' || signs.engine === 'waiting') return { state: signs.engine, reason };
  return { state: reason === '' ? 'capturing' : 'degraded', reason };
}

/** The worst first. */
function reasonOf(signs: CaptureSigns): string {
  if (signs.noRoom !== '') {
    return `storing stopped: ${signs.noRoom}; frames are counted as lost; delete or export captures`;
  }
  if (signs.diskError !== '') return diskProblem(signs.diskError, signs.inodesGone);
  if (signs.engine === 'waiting') return signs.engineReason;
  if (signs.losses !== '') return signs.losses;
  if (signs.canaryLost)
    return 'a self-test frame did not come back; other frames may be missing too; look at the interface';
  if (signs.unfinished === 0) return '';
  return `${signs.unfinished} segments could not be closed yet; capture tries again by itself`;
}
