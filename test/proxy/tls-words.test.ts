import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handshakeFailure } from '../../appliance/proxy/engine/tls-words.ts';

const failure = (code: string): string => {
  const { outcome, detail } = handshakeFailure(Object.assign(new Error('x'), { code }));
  return `${outcome}: ${detail}`;
};

test('alerts about the certificate are refusals, other alerts a matter of versions, and silence is neither', () => {
  assert.equal(failure('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), 'refused: unknown_ca');
  assert.equal(failure('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'), 'refused: bad_certificate');
  assert.equal(failure('ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN'), 'refused: certificate_unknown');
  assert.equal(failure('ERR_SSL_TLSV1_ALERT_ACCESS_DENIED'), 'refused: access_denied');
  assert.equal(failure('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), 'no_common_tls: protocol_version');
  assert.equal(failure('ERR_SSL_NO_SHARED_CIPHER'), 'no_common_tls: no_shared_cipher');
  assert.equal(failure('ECONNRESET'), 'closed: went away within the handshake');
  assert.equal(failure('ERR_TLS_HANDSHAKE_TIMEOUT'), 'silent: the handshake did not end');
});
