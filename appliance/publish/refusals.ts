// What was turned away so that nobody shuts the others out, counted since the start: an attack, or a script gone wild, shows in
// status and metrics. Written by the page's server and the broker's commands.

import type { StatusResponse } from './schemas/status.ts';

export class Refusals {
  /** Connections to the page that were closed for want of room. */
  lines = 0;
  /** Log-ins that were not looked at, because too many wrong ones came before. */
  logins = 0;
  /** Orders over the page and by tokens beyond their pace. */
  orders = 0;
  /** Requests over the broker beyond theirs. */
  commands = 0;

  view(): StatusResponse['refused'] {
    const { lines, logins, orders, commands } = this;
    return { lines, logins, orders, commands };
  }
}
