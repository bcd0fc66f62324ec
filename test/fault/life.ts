// One life of a capture within a run of many: started as a service manager does, hit by one fault, ended or killed.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureStatus } from '../../appliance/model/capture-status.ts';
import { CaptureProcess } from './capture-process.ts';
import type { Card } from './ext4.ts';
import { environmentFor, type Fault, problem, settingsFor, wrapperFor } from './faults.ts';
import type { Stage } from './stage.ts';

export interface World {
  readonly stage: Stage;
  readonly card: Card;
  readonly random: () => number;
}

/** `unstored`: it ended by itself, but the disk did not take its last words. */
export type End = 'stopped' | 'killed' | 'unstored';

export class Life {
  readonly #world: World;
  readonly #capture: CaptureProcess;
  readonly #fault: Fault;

  private constructor(world: World, capture: CaptureProcess, fault: Fault) {
    this.#world = world;
    this.#capture = capture;
    this.#fault = fault;
  }

  /** Starts one; a fault that hits the start is refused in one line, and the service manager starts again. */
  static async start(world: World, settings: Record<string, unknown>, fault: Fault): Promise<Life> {
    const { stage, card } = world;
    const capture = new CaptureProcess(stage, `${card.folder}/data`, { capture: settings, ...settingsFor(fault) });
    capture.launch({
      under: wrapperFor(stage, fault),
      env: { UV_THREADPOOL_SIZE: '2', ...environmentFor(stage, fault) },
    });
    const refused = await Promise.race([
      capture.exited.then(() => !capture.log.includes('stopped (')),
      capture.until('a life', () => true).then(() => false),
    ]);
    if (refused) {
      assert.match(capture.log, /\[DATA_(UNWRITABLE|FULL)\]/);
      capture.launch();
    }
    return new Life(world, capture, fault);
  }

  until(what: string, isSo: (status: CaptureStatus) => boolean): Promise<CaptureStatus> {
    return this.#capture.until(what, isSo);
  }

  /** Lives on for a while with the fault in the middle of it, then ends. */
  async suffer(milliseconds: number): Promise<End> {
    await sleep(milliseconds * (0.3 + 0.4 * this.#world.random()));
    if (this.#isDeadly) return this.#die();
    await problem(this.#world.stage, this.#world.card, this.#capture, this.#fault);
    await sleep(milliseconds * 0.3);
    return this.#judgeEnd(await this.#capture.stop());
  }

  /** Lives to the end of its file, with the fault somewhere before. */
  async replay(milliseconds: number): Promise<End> {
    const { stage, card, random } = this.#world;
    await Promise.race([sleep(milliseconds * 0.7 * random()), this.#capture.exited]);
    if (this.#isDeadly) return this.#die();
    await problem(stage, card, this.#capture, this.#fault);
    return this.#judgeEnd(await this.#capture.within(this.#capture.exited, 'the end of the replay', 90_000));
  }

  get #isDeadly(): boolean {
    return this.#fault === 'kill' || this.#fault === 'power cut';
  }

  async #die(): Promise<End> {
    const { card } = this.#world;
    if (this.#fault === 'power cut') card.cutPower();
    await this.#capture.killAll();
    if (this.#fault === 'kill') return 'killed';
    await card.unmount();
    card.mount();
    return 'killed';
  }

  #judgeEnd(code: number | string): End {
    if (code === 0) return 'stopped';
    assert.match(this.#capture.log, /could not be stored/);
    return 'unstored';
  }
}
