// One known cause: what a person would call it, and what the doctor must say of it. The lists next to this file hold them, by what
// is checked, as `appliance/health/doctor/checks/` does.

import type { Change } from '../changes.ts';

export interface Fault {
  readonly what: string;
  readonly change: Change;
  readonly check: string;
  readonly verdict: 'warn' | 'fail';
  readonly fix?: RegExp;
}
