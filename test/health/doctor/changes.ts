// Ways to change the healthy machine of facts.ts in one place: what a fault is made of.

import type { ApStatus } from '../../../appliance/ap/status/status.ts';
import type { Config } from '../../../appliance/config/schema.ts';
import type { Facts, InterfaceFact, ListenerFact, ProcessFact } from '../../../appliance/health/doctor/facts.ts';
import { seen } from '../../../appliance/health/doctor/look.ts';
import { apConfig, apStatus } from './facts.ts';

export type Change = (facts: Facts) => Facts;

export const machine =
  (change: Partial<Facts['machine']>): Change =>
  (facts) => ({ ...facts, machine: { ...facts.machine, ...change } });
export const clock =
  (change: Partial<Facts['clock']>): Change =>
  (facts) => ({ ...facts, clock: { ...facts.clock, ...change } });
export const storage =
  (change: Partial<Facts['storage']>): Change =>
  (facts) => ({ ...facts, storage: { ...facts.storage, ...change } });
export const radio =
  (change: Partial<Facts['radio']>): Change =>
  (facts) => ({ ...facts, radio: { ...facts.radio, ...change } });
export const network =
  (change: Partial<Facts['network']>): Change =>
  (facts) => ({ ...facts, network: { ...facts.network, ...change } });
export const services =
  (change: Partial<Facts['services']>): Change =>
  (facts) => ({ ...facts, services: { ...facts.services, ...change } });
export const config =
  (change: (config: Config) => Config): Change =>
  (facts) => ({ ...facts, settings: { ...facts.settings, config: change(facts.settings.config) } });
export const ap = (change: Partial<Config['ap']>): Change => config(() => apConfig(change));
export const status = (change: Partial<ApStatus>): Change => services({ ap: { status: apStatus(change), reason: '' } });
export const both =
  (...changes: readonly Change[]): Change =>
  (facts) =>
    changes.reduce((before, change) => change(before), facts);

export const running =
  (...more: readonly ProcessFact[]): Change =>
  (facts) => ({
    ...facts,
    processes: seen([...('value' in facts.processes ? facts.processes.value : []), ...more]),
  });

export function withInterface(name: string, change: Partial<InterfaceFact>): Change {
  return (facts) => {
    const interfaces = facts.network.interfaces.map((one) => (one.name === name ? { ...one, ...change } : one));
    return network({ interfaces })(facts);
  };
}

export function listening(listener: ListenerFact): Change {
  return (facts) => network({ listeners: [...facts.network.listeners, listener] })(facts);
}
