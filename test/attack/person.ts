// One of the people of an attack, as a process that may be a user of its own: somebody who attacks, capture, or an examiner. Forked by
// people.ts; does what it is sent, one thing after the other, and answers what came of it.

import { verifyFolder, type Witness } from '../../appliance/capture/ledger/verify.ts';
import { toError } from '../../appliance/model/errors.ts';
import { DEEDS } from './attacks.ts';
import { run } from './folder.ts';
import { LATER_DEEDS } from './later-deeds.ts';
import { PUTS } from './plants.ts';

export type Deed =
  | { readonly do: 'attack'; readonly name: string; readonly folder: string }
  /** A start of capture, and its stop in good order. */
  | { readonly do: 'run'; readonly folder: string }
  | { readonly do: 'verify'; readonly folder: string; readonly witness: Witness };

export interface Outcome {
  readonly problem: string;
  readonly value: unknown;
}

async function perform(deed: Deed): Promise<unknown> {
  if (deed.do === 'run') return await run(deed.folder);
  if (deed.do === 'verify') return await verifyFolder(deed.folder, deed.witness);
  const attack = DEEDS[deed.name] ?? LATER_DEEDS[deed.name] ?? PUTS[deed.name];
  if (attack === undefined) throw new TypeError(`${deed.name} is no attack`);
  return attack(deed.folder);
}

// What one of the group leaves, the others of it may write: else an attack would end with a start that cannot write.
process.umask(0o007);
process.on('message', (deed: Deed) => {
  perform(deed).then(
    (value) => process.send?.({ problem: '', value } satisfies Outcome),
    (thrown: unknown) => process.send?.({ problem: toError(thrown).message, value: null } satisfies Outcome),
  );
});
process.once('disconnect', () => process.exit());
