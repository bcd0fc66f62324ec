// What the experimenter said is going on: the phase and the open tags. New segments are labelled from here; each change is a ledger
// line. Survives restarts through the ledger.

import type { CaptureSettings } from '../../model/capture-settings.ts';
import { WeirError } from '../../model/errors.ts';
import type { WindowAbout } from '../../model/experiment/window.ts';
import type { DeviceKey } from '../../model/mac.ts';
import type { Interaction, Phase } from '../../model/phase.ts';
import { type Clock, formatSeconds } from '../../model/time/clock.ts';
import type { SegmentLabel } from '../evidence/segment.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerState, LedgerTag } from '../ledger/ledger-state.ts';

export interface PhaseNow {
  readonly phase: Phase;
  readonly interaction: Interaction;
  readonly since: string;
}

export class Labels {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #tags: Map<string, LedgerTag>;
  #phase: PhaseNow;
  /** What new segments get; follows `#phase` when packet time has reached the switch. */
  #recorded: PhaseNow;

  constructor(settings: Pick<CaptureSettings, 'phase'>, ledger: Ledger, clock: Clock, state: LedgerState) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#tags = new Map(state.tags);
    this.#phase = state.phase ?? { phase: settings.phase, interaction: 'none', since: formatSeconds(clock.wall()) };
    this.#recorded = this.#phase;
  }

  get phase(): PhaseNow {
    return this.#phase;
  }

  get tags(): LedgerTag[] {
    return [...this.#tags.values()];
  }

  /** Idle life, synced seldom and kept in a ring; everything else is an experiment. */
  get isIdle(): boolean {
    return this.#phase.phase === 'idle' || this.#phase.phase === 'unlabelled';
  }

  /** Declares a phase from now on. */
  declare(phase: Phase, interaction: Interaction, by: string, note: string): { ns: bigint; now: PhaseNow } {
    const ns = this.#clock.wall();
    this.#phase = { phase, interaction, since: formatSeconds(ns) };
    this.#write({ type: 'phase', phase, interaction, by, note, since: this.#phase.since });
    return { ns, now: this.#phase };
  }

  /** Packet time has reached a declaration: segments that begin from here on carry it. */
  reached(phase: PhaseNow): void {
    this.#recorded = phase;
  }

  /** Throws REQUEST_INVALID where the tag is open already. */
  start(tag: string, device: DeviceKey | null, owner: string, about: WindowAbout = {}): LedgerTag {
    if (this.#tags.has(tag)) throw new WeirError('REQUEST_INVALID', `Tag ${tag} is open already. Nothing was changed.`);
    const started = { tag, device, owner, since: formatSeconds(this.#clock.wall()) };
    this.#tags.set(tag, started);
    this.#write({ type: 'tag-started', tag, device, owner, ...about });
    return started;
  }

  /** Throws REQUEST_INVALID where the tag is not open. */
  end(tag: string, type: 'tag-stopped' | 'tag-cancelled'): LedgerTag {
    const open = this.#tags.get(tag);
    if (open === undefined) throw new WeirError('REQUEST_INVALID', `Tag ${tag} is not open. Nothing was changed.`);
    this.#tags.delete(tag);
    this.#write({ type, tag, device: open.device, owner: open.owner });
    return open;
  }

  /** For a segment of the device that begins now. */
  labelFor(device: DeviceKey): SegmentLabel {
    const tags = this.tags.filter((tag) => tag.device === null || tag.device === device).map((tag) => tag.tag);
    return { phase: this.#recorded.phase, interaction: this.#recorded.interaction, tags: new Set(tags) };
  }

  #write(event: Parameters<Ledger['append']>[0]): void {
    this.#ledger.append(event);
  }
}
