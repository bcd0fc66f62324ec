// Many events, one answer: a counter that rises once for all calls of a second, so that twenty segments closing at the full
// hour make one request and not twenty.

import { type Signal, signal } from '@preact/signals';

const PAUSE_MS = 1000;

export interface CoalescedCounter {
  readonly value: Signal<number>;
  raise(): void;
}

export function coalescedCounter(): CoalescedCounter {
  const value = signal(0);
  let waiting = false;
  return {
    value,
    raise: () => {
      if (waiting) return;
      waiting = true;
      setTimeout(() => {
        waiting = false;
        value.value += 1;
      }, PAUSE_MS);
    },
  };
}
