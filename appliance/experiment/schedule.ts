// Calendar jobs (node-cron), never more often than once a minute and none of them about evidence. They begin when the
// clock is synchronised or after a grace, and restart when the clock was set: clock-guard.ts says when.

import { createTask, type ScheduledTask } from 'node-cron';
import { toError, WeirError } from '../model/errors.ts';
import { cronProblem } from './cron.ts';

/** A machine without time service still gets its summaries. */
export const SYNC_GRACE_MS = 10 * 60_000;

export interface CalendarJob {
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly run: () => Promise<void>;
}

export interface ScheduleRow {
  readonly name: string;
  readonly cron: string;
  readonly state: 'waiting' | 'running' | 'stopped';
  readonly next: string | null;
}

interface Planned {
  readonly job: CalendarJob;
  readonly task: ScheduledTask;
}

export class Schedule {
  readonly #planned: readonly Planned[];
  readonly #problem: (text: string) => void;
  #state: 'waiting' | 'running' | 'stopped' = 'waiting';

  /** @throws WeirError CONFIG_INVALID where an expression is none, or asks for seconds. */
  constructor(jobs: readonly CalendarJob[], problem: (text: string) => void) {
    this.#problem = problem;
    this.#planned = jobs.map((job) => ({ job, task: this.#plan(job) }));
  }

  /** The clock can be believed: jobs run from now on. */
  begin(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'running';
    for (const { task } of this.#planned) this.#quietly(task.start());
  }

  /** The clock was set: what was planned on the old time is forgotten. */
  restart(): void {
    if (this.#state !== 'running') return;
    for (const { task } of this.#planned) {
      this.#quietly(task.stop());
      this.#quietly(task.start());
    }
  }

  /** One job, now; its failure is reported like any other. */
  async runNow(name: string): Promise<void> {
    await this.#planned.find(({ job }) => job.name === name)?.task.execute();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    for (const { task } of this.#planned) await task.destroy();
  }

  rows(): ScheduleRow[] {
    return this.#planned.map(({ job, task }) => ({
      name: job.name,
      cron: job.cron,
      state: this.#state,
      next: this.#state === 'running' ? (task.getNextRun()?.toISOString() ?? null) : null,
    }));
  }

  #plan(job: CalendarJob): ScheduledTask {
    const wrong = cronProblem(job.cron);
    if (wrong !== '')
      throw new WeirError('CONFIG_INVALID', `schedule: ${wrong}; nothing was started. Example: 5 0 * * *`);
    const run = () =>
      job.run().catch((thrown: unknown) => this.#problem(`${job.name} failed: ${toError(thrown).message}`));
    try {
      // node-cron finds out about a wrong zone only when the job is due.
      Intl.DateTimeFormat('en', { timeZone: job.timezone });
      return createTask(job.cron, run, {
        name: job.name,
        timezone: job.timezone,
        noOverlap: true,
        suppressMissedWarning: true,
      });
    } catch (thrown) {
      throw new WeirError(
        'CONFIG_INVALID',
        `schedule: ${toError(thrown).message}; nothing was started. Time zones are named as Europe/Berlin.`,
        { cause: thrown },
      );
    }
  }

  #quietly(done: void | Promise<void>): void {
    Promise.resolve(done).catch((thrown: unknown) => this.#problem(toError(thrown).message));
  }
}
