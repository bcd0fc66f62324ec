// What a device of the testbed home knows: itself, its neighbours, its rhythm. Behaviours (bulb.ts …) get one of these.
import type { DeviceKind, HomeDevice } from '../roster.ts';
import type { Life } from './life.ts';

export interface World {
  readonly self: HomeDevice;
  readonly seed: number;
  readonly life: Life;
  /** PEM of the root that the clouds' certificates come from. */
  readonly authority: string;
  readonly peer: (kind: DeviceKind) => HomeDevice;
}

/** Starts everything that a device does; returns when its servers listen. */
export type Behaviour = (world: World) => Promise<void> | void;
