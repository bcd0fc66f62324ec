// The zone that somebody chose to see, kept in this browser.

import { type Zone, zone } from './zone.ts';

const KEY = 'weir-zone';

export function restoreZone(): void {
  try {
    zone.value = localStorage.getItem(KEY) === 'local' ? 'local' : 'utc';
  } catch {
    // A browser that keeps nothing shows UTC.
  }
}

export function chooseZone(next: Zone): void {
  zone.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // It holds until the page is closed.
  }
}
