// A double of capture and its ledger, on a clock that goes faster: takes a campaign's orders as capture does, writes the same lines, and
// can be cut off from a runner at any line, with or without a gap.

import { setTimeout as pause, setImmediate as soon } from 'node:timers/promises';
import { readCampaign } from '../../../appliance/experiment/campaign/read.ts';
import { CampaignRunner, type RunnerParts } from '../../../appliance/experiment/campaign/runner.ts';
import type { CaptureRequest, CaptureStatus } from '../../../appliance/model/capture-status.ts';
import { WeirError } from '../../../appliance/model/errors.ts';
import { CRASH_REASON, type LedgerEvent, type LedgerLine } from '../../../appliance/model/ledger.ts';
import { formatSeconds } from '../../../appliance/model/time/clock.ts';

const SPEED = 40n;
const EPOCH = 1_795_179_600_000_000_000n;
const COUNTERS = {
  received: 0,
  dropped_kernel: 0,
  lost_pipe: 0,
  captured: 0,
  written: 0,
  lost_queue: 0,
  lost_disk: 0,
  refused: 0,
  sourceless: 0,
  canaries: 0,
} as const;

export type DoubleParts = Partial<Pick<RunnerParts, 'act' | 'count' | 'awaitCalendar'>>;

export class LedgerDouble {
  readonly lines: LedgerLine[] = [];
  readonly tags = new Map<string, { device: string | null; owner: string; since: string }>();
  readonly problems: string[] = [];
  lost: number | null = 0;
  boot = 1;
  /** Behind this many lines the runner that writes is as good as dead. */
  deadBehind = Number.POSITIVE_INFINITY;
  #runner: CampaignRunner | null = null;
  readonly #from = process.hrtime.bigint();
  /** What the machine's clock that never steps lost at a boot. */
  #bootedAt = 0n;

  constructor() {
    this.append({
      type: 'start',
      version: '0',
      config_sha256: '',
      engine: 'tcpdump',
      interface: 'br-test',
      clock: this.#clock(),
    });
  }

  monotonic(): bigint {
    return this.#passed() - this.#bootedAt + 1_000_000n;
  }

  append(event: LedgerEvent): void {
    const n = this.lines.length + 1;
    const ts = formatSeconds(EPOCH + this.#passed());
    const line = {
      n,
      previous: '0'.repeat(64),
      ts,
      boot: this.boot,
      monotonic_ns: this.monotonic().toString(),
      ...event,
    };
    this.lines.push(line);
    const runner = this.#runner;
    // Read from the file, a moment later, and not by a process that is dead.
    if (n <= this.deadBehind) void soon().then(() => runner?.ledger([line]));
  }

  /** A process that has read the ledger so far; the one before hears nothing any more. */
  run(parts: DoubleParts = {}): CampaignRunner {
    const runner: CampaignRunner = new CampaignRunner({
      capture: {
        status: async () => this.#answer(runner, () => this.#status()),
        ask: async (request) => this.#answer(runner, () => this.#carryOut(request)),
      },
      status: () => this.#status(),
      monotonicNs: () => this.monotonic(),
      wallNs: () => EPOCH + this.#passed(),
      act: async () => ({ ok: true, text: 'done' }),
      count: async () => ({ packets: 5, withData: 2, isEnough: true, missing: '' }),
      awaitCalendar: async () => true,
      settleSeconds: 1,
      problem: (text) => this.problems.push(text),
      sleep: (milliseconds, signal) => pause(Math.ceil(milliseconds / Number(SPEED)), undefined, { signal }),
      ...parts,
    });
    runner.ledger(this.lines);
    this.#runner = runner;
    this.deadBehind = Number.POSITIVE_INFINITY;
    runner.start();
    return runner;
  }

  /** The machine lost its power and came back: a new boot, and a gap that the start reports. */
  cutPower(): void {
    const from = this.lines.at(-1)?.ts ?? '';
    this.boot++;
    this.#bootedAt = this.#passed();
    this.append({
      type: 'start',
      version: '0',
      config_sha256: '',
      engine: 'tcpdump',
      interface: 'br-test',
      clock: this.#clock(),
    });
    this.append({ type: 'gap', from, to: formatSeconds(EPOCH + this.#passed()), reason: CRASH_REASON, lost: null });
  }

  #passed(): bigint {
    return (process.hrtime.bigint() - this.#from) * SPEED;
  }

  async #answer<T>(runner: CampaignRunner, make: () => T): Promise<T> {
    if (runner !== this.#runner || this.lines.length >= this.deadBehind)
      throw new WeirError('CAPTURE_UNREACHABLE', 'the process is dead');
    return make();
  }

  #carryOut(request: CaptureRequest): void {
    if (request.verb === 'phase') {
      const { phase, interaction, by, note } = request;
      this.append({ type: 'phase', phase, interaction, by, note });
    } else if (request.verb === 'campaign') {
      const { verb: type, ...event } = request;
      this.append({ type, ...event });
    } else if (request.verb === 'tag-start') this.#startTag(request);
    else if (request.verb === 'tag-stop') this.#endTag(request.tag, 'tag-stopped');
    else if (request.verb === 'tag-cancel') this.#endTag(request.tag, 'tag-cancelled');
    else throw new TypeError(`a campaign does not ask for ${request.verb}`);
  }

  #startTag({ tag, device, by: owner }: CaptureRequest & { verb: 'tag-start' }): void {
    if (this.tags.has(tag)) throw new WeirError('REQUEST_INVALID', `Tag ${tag} is open already.`);
    this.tags.set(tag, { device, owner, since: '' });
    this.append({ type: 'tag-started', tag, device, owner });
  }

  #endTag(tag: string, type: 'tag-stopped' | 'tag-cancelled'): void {
    if (!this.tags.delete(tag)) throw new WeirError('REQUEST_INVALID', `Tag ${tag} is not open.`);
    this.append({ type, tag, device: null, owner: '' });
  }

  #clock() {
    const moment = { boot: this.boot, boot_id: `boot-${this.boot}`, monotonic_ns: this.monotonic().toString() };
    return { ...moment, wall: '', synced: 'yes', source: 'test', max_error_seconds: 0.1 } as const;
  }

  #status(): CaptureStatus {
    const tags = [...this.tags].map(([tag, { device, owner, since }]) => ({
      tag,
      device: device as null,
      owner,
      since,
    }));
    const nothing = { bytes: 0, segments: 0, free_bytes: 0, budget_bytes: 0, forecast_seconds: null };
    return {
      schema: 'weir.capture/1',
      appliance: 'weir-test',
      version: '0',
      pid: 1,
      state: 'capturing',
      reason: '',
      engine: 'tcpdump',
      interface: 'br-test',
      phase: 'idle',
      interaction: 'none',
      phase_since: '0',
      tags,
      started: '0',
      clock: this.#clock(),
      counters: { ...COUNTERS, dropped_kernel: this.lost },
      devices: [],
      gaps: [],
      ledger: { lines: this.lines.length, head_sha256: '' },
      storage: { ...nothing, written_bytes: null, device_written_bytes: null },
    };
  }
}

/** Starts a campaign and waits until it is over. */
export async function beginText(runner: CampaignRunner, text: string): Promise<void> {
  const { plan, mistakes } = readCampaign(text);
  if (plan === null) throw new Error(mistakes.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  await runner.begin(plan, text, {}, 'test');
}

export async function untilOver(runner: CampaignRunner, seconds = 60): Promise<void> {
  await until(() => runner.state !== null && runner.state.state !== 'running', seconds);
}

export async function until(isSo: () => boolean, seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await pause(10);
  }
}
