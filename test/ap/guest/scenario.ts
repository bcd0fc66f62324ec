// Runs in the guest: one scenario by name. See run.ts for how to add one.

import { Guest } from './guest.ts';
import { doctor } from './scenarios/doctor.ts';
import { hardware } from './scenarios/hardware.ts';
import { isolation } from './scenarios/isolation.ts';
import { modes } from './scenarios/modes.ts';
import { networkmanager } from './scenarios/networkmanager.ts';
import { scanner } from './scenarios/scanner.ts';
import { smoke } from './scenarios/smoke.ts';
import { traffic } from './scenarios/traffic.ts';

const SCENARIOS: Readonly<Record<string, (guest: Guest) => Promise<void>>> = {
  smoke,
  isolation,
  modes,
  traffic,
  doctor,
  hardware,
  networkmanager,
  scanner,
};

const name = process.argv[2] ?? '';
const scenario = Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
const guest = new Guest(name);
try {
  if (scenario === undefined)
    throw new Error(`there is no scenario ${name}; there are: ${Object.keys(SCENARIOS).join(', ')}`);
  guest.say(`scenario ${name}`);
  await scenario(guest);
} catch (thrown) {
  guest.check(
    'the scenario comes to its end',
    false,
    thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
  );
} finally {
  await guest.end();
}
process.exit(0);
