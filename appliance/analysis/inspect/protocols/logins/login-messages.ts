// Protocols whose messages carry their length: those that log in are read, the rest passes by. Used by service-logins.ts and databases.ts.

import type { StreamView } from '../../facts.ts';

/** A message that logs in and is longer is not waited for. */
export const MAX_LOGIN_BYTES = 4096;

/** Enough to see length and kind of any message of both. */
const HEADER_BYTES = 16;

export interface Message {
  /** With its header; it may exceed what is there. */
  readonly bytes: number;
  readonly isLogin: boolean;
}

/** Calls `onLogin` for each whole login; all other messages pass by. What is no message ends the reading of what is there. */
export function readMessages(
  view: StreamView,
  messageAt: (view: StreamView, at: number) => Message | undefined,
  onLogin: (at: number, end: number) => void,
): void {
  for (let at = view.start + view.used; at < view.end; at = view.start + view.used) {
    const message = messageAt(view, at);
    if (message === undefined) {
      const mayGrow = view.end - at < HEADER_BYTES && !view.full;
      if (!mayGrow) view.used = view.end - view.start;
      return;
    }
    const isWhole = at + message.bytes <= view.end;
    if (message.isLogin && !isWhole && message.bytes <= MAX_LOGIN_BYTES && !view.full) return;
    if (message.isLogin && isWhole) onLogin(at, at + message.bytes);
    view.used += message.bytes;
  }
}
