// Each known cause, written down as facts: the one check that is about it names it, and no other says a word.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHECKS } from '../../../appliance/health/doctor/checks.ts';
import { unseen } from '../../../appliance/health/doctor/look.ts';
import { makeReport } from '../../../appliance/health/doctor/report.ts';
import { both, type Change, config, listening, network, radio, running, storage } from './changes.ts';
import { DNSMASQ, HOSTAPD, healthyFacts } from './facts.ts';
import type { Fault } from './faults/fault.ts';
import { MACHINE_FAULTS } from './faults/machine.ts';
import { NETWORK_FAULTS } from './faults/network.ts';
import { RADIO_FAULTS } from './faults/radio.ts';
import { RIVAL_FAULTS } from './faults/rivals.ts';
import { SERVICE_FAULTS } from './faults/services.ts';
import { STORAGE_FAULTS } from './faults/storage.ts';

const FAULTS: readonly Fault[] = [
  ...MACHINE_FAULTS,
  ...STORAGE_FAULTS,
  ...RADIO_FAULTS,
  ...RIVAL_FAULTS,
  ...NETWORK_FAULTS,
  ...SERVICE_FAULTS,
];

describe('the doctor', () => {
  test('finds nothing wrong with a healthy machine, and can report everything', () => {
    const report = makeReport(healthyFacts(), '0.1.0');
    assert.deepEqual(
      report.checks.filter(({ verdict }) => verdict !== 'ok').map(({ id, verdict, seen: what }) => [id, verdict, what]),
      [
        ['dfs-channel', 'not applicable', '2.4 GHz has no radar channels'],
        ['firmware-halt', 'not applicable', "known of Broadcom's firmware only, this is mt76x2u"],
      ],
    );
    assert.equal(report.verdict, 'ok');
  });

  for (const { what, change, check, verdict, fix } of FAULTS) {
    test(`names ${what}, and nothing else`, () => {
      const report = makeReport(change(healthyFacts()), '0.1.0');
      const wrong = report.checks.filter((one) => one.verdict === 'fail' || one.verdict === 'warn');
      assert.deepEqual(
        wrong.map((one) => [one.id, one.verdict]),
        [[check, verdict]],
      );
      const [named] = wrong;
      assert.notEqual(named?.means, '');
      assert.match(named?.fix ?? '', fix ?? /./);
      assert.doesNotMatch(named?.fix ?? '', /\n/);
    });
  }

  test('has a fault for every check', () => {
    const tried = new Set(FAULTS.map(({ check }) => check));
    assert.deepEqual(
      CHECKS.map(({ id }) => id).filter((id) => !tried.has(id)),
      [],
    );
  });

  test('gives each check an id of its own, and one line of text each', () => {
    assert.equal(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
    for (const { id, title, means, fix } of CHECKS) {
      assert.match(id, /^[a-z0-9-]+$/);
      for (const text of [title, means, fix]) assert.match(text, /^[^\n]{10,}$/);
    }
  });

  test('does not ask for an access point where there is none', () => {
    const change = config((before) => ({
      ...before,
      ap: { ...before.ap, enabled: false },
      capture: { ...before.capture, interface: 'br0' },
    }));
    const bridge = { name: 'br0', isUp: true, hasCarrier: true, isBridge: true, bridge: '', hairpin: null };
    const bare: Change = (facts) => ({
      ...change(facts),
      radio: { ...facts.radio, found: null, absence: 'there is no interface wlan0', others: [] },
      network: { ...facts.network, interfaces: [bridge], firewall: unseen('off'), resolver: unseen('off') },
      services: {
        ...facts.services,
        ap: { status: null, reason: 'the access point is not run by Weir' },
        broker: null,
      },
    });
    const report = makeReport(bare(healthyFacts()), '0.1.0');
    assert.equal(report.verdict, 'ok');
    assert.equal(report.counts.unknown, 0);
    assert.equal(report.checks.find(({ id }) => id === 'rfkill')?.verdict, 'not applicable');
  });

  test('says what it could not look at, and does not call it a fault', () => {
    const hidden = both(
      network({ firewall: unseen('only root may look'), rules: unseen('only root may look') }),
      radio({ halts: unseen('dmesg: not permitted'), country: unseen('iw is not installed') }),
      (facts) => ({ ...facts, isRoot: false, processes: unseen('other processes are hidden from this one') }),
      listening({ protocol: 'udp', address: '10.77.0.1', port: 53, owner: null }),
      storage({ rightOwner: '', refusal: 'this user may not write there' }),
    );
    const report = makeReport(hidden(healthyFacts()), '0.1.0');
    assert.equal(report.verdict, 'ok');
    const unknown = report.checks.filter(({ verdict }) => verdict === 'unknown').map(({ id }) => id);
    assert.deepEqual(unknown, [
      'data-folder',
      'country',
      'wpa-supplicant',
      'dhcpcd',
      'firewall',
      'foreign-rules',
      'packaged-units',
    ]);
  });

  test('makes names harmless that a program gave itself', () => {
    const stranger = { pid: 9, name: 'evil\u001b[2J\n', args: [] };
    const report = makeReport(
      listening({ protocol: 'udp', address: '0.0.0.0', port: 53, owner: stranger })(healthyFacts()),
      '0.1.0',
    );
    const found = report.checks.find(({ id }) => id === 'port-53');
    assert.match(`${found?.seen}${found?.fix}`, /^[^\u0000-\u001f]*$/);
  });

  test('leaves the supplicant of other interfaces and our own hostapd alone', () => {
    const others = running(
      { pid: 9, name: 'wpa_supplicant', args: ['wpa_supplicant', '-u', '-s', '-O', 'DIR=/run/wpa_supplicant'] },
      { pid: 10, name: 'wpa_supplicant', args: ['wpa_supplicant', '-iwlan1'] },
      HOSTAPD,
      DNSMASQ,
    );
    assert.equal(makeReport(others(healthyFacts()), '0.1.0').verdict, 'ok');
  });
});
