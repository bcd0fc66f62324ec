// The appliance's time, once a second while the page is seen, so that "3 s ago" stays true. This computer's own clock may be
// wrong; what counts is how long ago something was for the appliance.

import { computed, signal } from '@preact/signals';

let aheadMs = 0;
export const now = signal(Date.now());
/** Where the present minute begins, in seconds since 1970: for what need not be redrawn each second. */
export const minute = computed(() => Math.floor(now.value / 60_000) * 60);

/** Takes the appliance's clock from a status that has just arrived. */
export function setApplianceTime(moment: string): void {
  const millis = Date.parse(moment);
  if (!Number.isNaN(millis)) aheadMs = millis - Date.now();
}

export function startClock(): void {
  const turn = () => {
    if (!document.hidden) now.value = Date.now() + aheadMs;
  };
  setInterval(turn, 1000);
  document.addEventListener('visibilitychange', turn);
}
