// What can be wrong with access point, capture, appliance and broker: `../checks.test.ts` makes these faults one by one.

import { seen } from '../../../../appliance/health/doctor/look.ts';
import { services, status } from '../changes.ts';
import { apStatus, captureStatus } from '../facts.ts';
import type { Fault } from './fault.ts';

export const SERVICE_FAULTS: readonly Fault[] = [
  {
    what: 'an access point that does not run',
    change: services({ ap: { status: null, reason: 'the access point is not run by Weir' } }),
    check: 'access-point',
    verdict: 'fail',
  },
  {
    what: 'an access point that failed',
    change: status({ state: 'failed', reason: 'hostapd: could not select hw_mode' }),
    check: 'access-point',
    verdict: 'fail',
  },
  {
    what: 'a supervisor that died',
    change: services({ ap: { status: apStatus(), reason: 'the supervisor says nothing any more' } }),
    check: 'access-point',
    verdict: 'fail',
  },
  {
    what: 'an access point that is being repaired',
    change: status({ state: 'repairing' }),
    check: 'access-point',
    verdict: 'warn',
  },
  {
    what: 'all addresses given out',
    change: status({ leases: { used: 199, pool: 199 } }),
    check: 'leases',
    verdict: 'fail',
  },
  {
    what: 'a passphrase that everybody may read',
    change: services({ passphraseMode: 0o100644 }),
    check: 'passphrase',
    verdict: 'warn',
    fix: /chmod 600/,
  },
  {
    what: 'a user who may not capture',
    change: services({ mayCapture: seen(false), capture: { status: null, reason: 'nothing' }, hasRun: false }),
    check: 'capture-permission',
    verdict: 'fail',
  },
  {
    what: 'capture that is dead',
    change: services({ capture: { status: null, reason: 'run/capture.sock: nothing listens there' } }),
    check: 'capture',
    verdict: 'fail',
  },
  {
    what: 'capture that waits for its interface',
    change: services({ capture: { status: captureStatus({ state: 'waiting', reason: 'no br-weir' }), reason: '' } }),
    check: 'capture',
    verdict: 'fail',
  },
  {
    what: 'capture that was paused',
    change: services({ capture: { status: captureStatus({ state: 'paused' }), reason: '' } }),
    check: 'capture',
    verdict: 'warn',
  },
  {
    what: 'lost packets',
    change: services({
      capture: { status: captureStatus({ counters: { ...captureStatus().counters, dropped_kernel: 12 } }), reason: '' },
    }),
    check: 'capture-losses',
    verdict: 'warn',
  },
  {
    what: 'a self-test frame that did not arrive',
    change: services({
      capture: { status: captureStatus({ canary: { state: 'lost', sent: 9, seen: 3, reason: '' } }), reason: '' },
    }),
    check: 'capture-self-test',
    verdict: 'fail',
  },
  {
    what: 'an appliance that does not answer',
    change: services({ applianceAnswers: false }),
    check: 'appliance',
    verdict: 'fail',
  },
  { what: 'an appliance without id', change: services({ applianceId: '' }), check: 'appliance-id', verdict: 'fail' },
  {
    what: 'a broker that is away',
    change: services({ broker: { url: 'mqtt://broker.lan:1883', problem: 'nothing listens there' } }),
    check: 'broker',
    verdict: 'fail',
  },
];
