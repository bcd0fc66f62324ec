// On which port WireGuard's data is believed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWireguardPort, wireguard } from '../../../appliance/analysis/inspect/protocols/secure-channel.ts';

const [PORT = 0] = wireguard.ports;

test('data is believed on the port of the protocol, whichever side has it', () => {
  assert.equal(PORT, 51_820);
  assert.ok(isWireguardPort({ sourcePort: PORT, destinationPort: 40_000 }));
  assert.ok(isWireguardPort({ sourcePort: 40_000, destinationPort: PORT }));
  assert.ok(!isWireguardPort({ sourcePort: 40_000, destinationPort: 40_001 }));
});
