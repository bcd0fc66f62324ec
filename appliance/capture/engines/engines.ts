// The list of engines: from a setting to the one that runs.

import type { CaptureSettings } from '../../model/capture-settings.ts';
import type { Clock } from '../../model/time/clock.ts';
import { CapKind } from './cap-engine.ts';
import { ChildEngine } from './child-engine.ts';
import type { Engine } from './engine.ts';
import { FileEngine } from './file-engine.ts';
import { TcpdumpKind } from './tcpdump-engine.ts';

/** `runFolder` takes the engines' pipes. */
export function makeEngine(settings: CaptureSettings, runFolder: string, clock: Clock): Engine {
  switch (settings.engine) {
    case 'tcpdump':
      return new ChildEngine(new TcpdumpKind(settings), { ...settings, runFolder }, clock);
    case 'cap':
      return new ChildEngine(new CapKind(settings), { ...settings, runFolder }, clock);
    case 'file':
      return new FileEngine(settings, clock);
  }
}
