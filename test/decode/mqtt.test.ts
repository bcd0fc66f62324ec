import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMqtt, isMqttConnect } from '../../appliance/decode/protocols/mqtt.ts';
import { be16, behavesOnHostileBytes, vector8, vector16, wire } from './fixture.ts';

const connect = wire(
  0x10, // CONNECT
  vector8(
    vector16('MQTT'),
    4, // level: 3.1.1
    0xc6, // user name, password, will, clean session
    be16(60), // keep alive, seconds
    vector16('plug-1'), // client id
    vector16('plug/1/gone'), // will topic
    vector16('bye'), // will message
    vector16('jane'), // user name
    vector16('secret'), // password
  ),
);

test('a CONNECT yields level, client, will, user and password', () => {
  assert.deepEqual(decodeMqtt(connect, 0, connect.length)?.connect, {
    level: 4,
    clientId: 'plug-1',
    willTopic: 'plug/1/gone',
    willMessage: 'bye',
    userName: 'jane',
    password: 'secret',
  });
});

test('a CONNECT of version 5 is read behind its properties', () => {
  const properties = vector8([0x11], [0, 0, 0, 10]); // session expiry interval
  const bytes = wire(0x10, vector8(vector16('MQTT'), 5, 0x82, be16(60), properties, vector16('id5'), vector16('jo')));
  const { level, clientId, userName } = decodeMqtt(bytes, 0, bytes.length)?.connect ?? {};
  assert.deepEqual([level, clientId, userName], [5, 'id5', 'jo']);
});

test('a PUBLISH with QoS 1 yields topic and where its message lies', () => {
  const bytes = wire(0x32, vector8(vector16('home/door'), be16(7), '{"open":true}'));
  const packet = decodeMqtt(bytes, 0, bytes.length);
  assert.deepEqual(packet?.topics, ['home/door']);
  assert.equal(Buffer.from(bytes.subarray(packet?.payloadFrom, packet?.payloadTo)).toString(), '{"open":true}');
});

test('a SUBSCRIBE yields all its filters', () => {
  const bytes = wire(0x82, vector8(be16(1), vector16('a/#'), 0, vector16('b/+'), 1));
  assert.deepEqual(decodeMqtt(bytes, 0, bytes.length)?.topics, ['a/#', 'b/+']);
});

test('flags that the type forbids are not MQTT', () => {
  assert.equal(decodeMqtt(wire(0x1f, 2, 0, 0), 0, 4), undefined);
  assert.equal(isMqttConnect(wire(0x10, vector8(vector16('MQTX'), 4, 2, be16(60))), 0, 12), false);
});

behavesOnHostileBytes('MQTT', (bytes, start, end) => decodeMqtt(bytes, start, end), connect);
