// Every check, in the order in which a person would look: the table of contents of `weir doctor`.

import { AREAS } from '../../model/check-up.ts';
import { FOREIGN_RULES_CHECKS } from './checks/foreign-rules.ts';
import { MACHINE_CHECKS } from './checks/machine.ts';
import { NETWORK_CHECKS } from './checks/network.ts';
import { RADIO_CHECKS } from './checks/radio.ts';
import { RIVAL_CHECKS } from './checks/rivals.ts';
import { SERVICE_CHECKS } from './checks/services.ts';
import { STORAGE_CHECKS } from './checks/storage.ts';
import type { Check } from './outcome.ts';

export const CHECKS: readonly Check[] = [
  ...MACHINE_CHECKS,
  ...STORAGE_CHECKS,
  ...RADIO_CHECKS,
  ...RIVAL_CHECKS,
  ...NETWORK_CHECKS,
  ...FOREIGN_RULES_CHECKS,
  ...SERVICE_CHECKS,
].sort((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
