// What capture saw and what became of it, so that every figure can be read together with what it may be missing. Pure.
// The promise (DESIGN §4): received = written + everything lost, to the packet.

import type { CaptureView, StatusResponse } from './api/types.ts';
import { bytes, percent } from './format/quantity.ts';

export interface LossPart {
  readonly name: string;
  readonly meaning: string;
  /** `null`: the capture engine cannot know. */
  readonly packets: number | null;
}

export interface Accounting {
  readonly received: number | null;
  readonly written: number;
  readonly losses: readonly LossPart[];
  /** Packets lost for certain. */
  readonly lost: number;
  /** Whether some loss cannot be known with this engine. */
  readonly unknown: boolean;
  /** `received` less everything that is accounted for: frames still on their way. `null` where it cannot be known: the engine
   * reports `received` only now and then, so it may be older than the rest. */
  readonly underway: number | null;
}

export function account(counters: CaptureView['counters']): Accounting {
  const losses: LossPart[] = [
    {
      name: 'Dropped in the kernel',
      meaning: 'The ring was full before the engine read it.',
      packets: counters.dropped_kernel,
    },
    {
      name: 'Lost in the pipe',
      meaning: 'Read by an engine that died before handing it over.',
      packets: counters.lost_pipe,
    },
    { name: 'Lost in the queue', meaning: 'The write queue reached its limit.', packets: counters.lost_queue },
    { name: 'Lost at the disk', meaning: 'The disk was full or failed.', packets: counters.lost_disk },
  ];
  const lost = (counters.dropped_kernel ?? 0) + (counters.lost_pipe ?? 0) + counters.lost_queue + counters.lost_disk;
  const explained = counters.written + lost + counters.canaries;
  return {
    received: counters.received,
    written: counters.written,
    losses,
    lost,
    unknown: losses.some((part) => part.packets === null),
    underway: counters.received === null || counters.received < explained ? null : counters.received - explained,
  };
}

/** The share that was analysed; before a file is closed there is none, but whether something waits is known. */
export function analysedWords({ analysed_share, backlog_bytes }: StatusResponse['analysis']): string {
  if (analysed_share !== null) return percent(analysed_share);
  return backlog_bytes === 0 ? 'up to date' : `${bytes(backlog_bytes)} waiting`;
}

export type CaptureTone = 'good' | 'warn' | 'bad';

/** Capture's state in one word and how serious it is. */
export function captureWord(status: StatusResponse): { word: string; tone: CaptureTone } {
  const { capture } = status;
  if (capture === null) return { word: 'Capture does not answer', tone: 'bad' };
  if (capture.state === 'capturing') return { word: 'Capturing', tone: 'good' };
  if (capture.state === 'degraded') return { word: 'Capturing, with losses', tone: 'bad' };
  if (capture.state === 'waiting') return { word: 'Waiting for the interface', tone: 'bad' };
  if (capture.state === 'paused') return { word: 'Paused', tone: 'warn' };
  return { word: capture.state === 'starting' ? 'Starting' : 'Stopping', tone: 'warn' };
}

/** The lines under the word, on every view: what is wrong, and what to do. */
export function captureReasons(status: StatusResponse): string[] {
  const reason = status.capture === null ? status.capture_reason : status.capture.reason;
  return [...new Set([reason, ...status.warnings])].filter((line) => line !== '');
}

/** Whether what is counted now is a measurement. */
export function isMeasuring(status: StatusResponse | undefined): boolean {
  const state = status?.capture?.state;
  return state === 'capturing' || state === 'degraded';
}
