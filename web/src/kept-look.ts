// The look that news.ts compares with, kept by this browser.

import { type Look, parseLook } from './news.ts';

/** By appliance: a browser may look at several under one name. */
const keyOf = (appliance: string): string => `weir.look.${appliance}`;

export function readLook(appliance: string): Look | undefined {
  try {
    return parseLook(localStorage.getItem(keyOf(appliance)));
  } catch {
    return undefined;
  }
}

/** A browser that keeps nothing shows nothing as new. */
export function keepLook(appliance: string, look: Look): void {
  try {
    localStorage.setItem(keyOf(appliance), JSON.stringify(look));
  } catch {
    // Private windows and full stores refuse: then the next visit is the first.
  }
}
