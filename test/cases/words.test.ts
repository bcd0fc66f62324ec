// Cleartext in the papers' own words and in words that nobody here chose: every container, short keys, other languages; and
// what looks alike and is none.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { connection, type Endpoint } from '../analysis/packets.ts';
import { fileDocument, framesDocument } from './case-document.ts';
import { papers, withoutPapers } from './papers.ts';

const SCALE: Endpoint = { mac: '02:00:00:00:00:20', ip: '192.168.77.20', port: 40_000 };
const CLOUD: Endpoint = { mac: '02:00:00:00:00:01', ip: '45.33.32.156', port: 80 };

function found(type: string, body: string, target = '/v1'): string[] {
  const bytes = Buffer.from(body);
  const head = `POST ${target} HTTP/1.1\r\nHost: api.example\r\nContent-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const { findings } = framesDocument(connection(SCALE, CLOUD, [[0, Buffer.concat([Buffer.from(head), bytes])]]));
  for (const { device } of findings) assert.equal(device, SCALE.mac);
  const reported = findings
    .filter(({ rule }) => !rule.startsWith('CLR'))
    .map(({ rule, excerpt_masked }) => `${rule} ${/: ([^=]+)=/.exec(excerpt_masked)?.[1]}`);
  return [...new Set(reported)].toSorted();
}

const BODY_RULES = ['PII-06 agt', 'PII-06 ht', 'PII-06 sx', 'PII-06 wt'];

test("the papers' cleartext cases are findings of their rules on the device that sent them", {
  skip: withoutPapers,
}, () => {
  const { findings } = fileDocument(readFileSync(papers('cases.pcap')));
  const reported = findings.map(({ rule, device, excerpt_masked }) =>
    `${device?.slice(0, 2)} ${rule} ${/: ([^=]+)=/.exec(excerpt_masked)?.[1] ?? ''}`.trim(),
  );
  const wanted = [
    '24 CLR-03',
    '24 CRED-04 galaxyaccesskeyid',
    '24 CRED-04 signature',
    ...BODY_RULES.map((rule) => `24 ${rule}`),
    '24 PII-02 sn',
    '24 PII-02 id',
    '24 CLR-02',
    '24 PII-01 mac',
    'a4 CRED-01',
    'a4 CRED-05 accesstoken',
    'a4 CRED-05 accesskey',
    '24 PII-07 username',
    '24 PII-02 serial',
  ];
  for (const line of wanted)
    assert.ok(
      reported.some((text) => text.startsWith(line)),
      `${line} is not in ${reported.join('; ')}`,
    );
});

const CONTAINERS: Readonly<Record<string, readonly [string, string]>> = {
  JSON: ['application/json', '{"sn":"AB12","wt":51.7,"ht":1.68,"agt":30.1,"sx":0}'],
  'JSON in JSON': [
    'application/json',
    JSON.stringify({ d: JSON.stringify({ sn: 'AB12', wt: 51.7, ht: 168, agt: 30, sx: 'f' }) }),
  ],
  'JSON in Base64': [
    'application/x-www-form-urlencoded',
    `p=${Buffer.from('{"sn":"AB12","wt":51.7,"ht":168,"agt":30,"sx":"m"}').toString('base64')}`,
  ],
  'JSON without quotes': ['text/plain', '{sn:AB12,wt:51.7,ht:168,agt:30,sx:1}'],
  'named values': [
    'application/json',
    '[{"name":"sn","value":"AB12"},{"name":"wt","value":51.7},{"name":"ht","value":168},{"name":"agt","value":30},{"name":"sx","value":1}]',
  ],
  form: ['application/x-www-form-urlencoded', 'sn=AB12&wt=51%2C7&ht=168&agt=30&sx=w'],
  lines: ['text/plain', 'sn: AB12\nwt: 51.7 kg\nht: 168 cm\nagt: 30\nsx: 1\n'],
  XML: ['text/xml', '<m><sn>AB12</sn><u:wt>51.7</u:wt><ht>168</ht><agt><![CDATA[30]]></agt><sx>1</sx></m>'],
  attributes: ['application/xml', `<m sn="AB12" wt='51.7' ht="168" agt="30" sx="1"/>`],
  'property list': [
    'text/xml',
    '<dict><key>sn</key><string>AB12</string><key>wt</key><real>51.7</real><key>ht</key><real>168</real><key>agt</key><integer>30</integer><key>sx</key><string>f</string></dict>',
  ],
  multipart: [
    'multipart/form-data; boundary=b',
    ['sn:AB12', 'wt:51.7', 'ht:168', 'agt:30', 'sx:1']
      .map(
        (pair) =>
          `--b\r\nContent-Disposition: form-data; name="${pair.split(':')[0]}"\r\n\r\n${pair.split(':')[1]}\r\n`,
      )
      .join('') + '--b--\r\n',
  ],
};

for (const [name, [type, body]] of Object.entries(CONTAINERS)) {
  test(`a person's measures in short words are found as ${name}`, () => {
    assert.deepEqual(found(type, body), ['PII-02 sn', ...BODY_RULES]);
  });
}

test('short words in a query are found', () => {
  assert.deepEqual(found('text/plain', '', '/m?sn=AB12&wt=51.7&ht=168&agt=30&sx=1'), ['PII-02 sn', ...BODY_RULES]);
});

const LANGUAGES: Readonly<Record<string, readonly [object, readonly string[]]>> = {
  German: [
    { Passwort: 'x1', Größe: '168', Gewicht: 71.4, Geburtsdatum: '1980-02-01', PLZ: '10115' },
    ['CRED-05', 'PII-06', 'PII-06', 'PII-06', 'PII-08'],
  ],
  French: [
    { mot_de_passe: 'x1', poids: 71.4, taille: 168, prénom: 'Jeanne', 'code postal': '75001' },
    ['CRED-05', 'PII-06', 'PII-06', 'PII-07', 'PII-08'],
  ],
  Spanish: [
    { contraseña: 'x1', peso: '71,4', edad: 44, correo: 'a@b.example', usuario: 'jane' },
    ['CRED-05', 'PII-03', 'PII-06', 'PII-06', 'PII-07'],
  ],
  Italian: [
    { parola_chiave: 'x1', altezza: 168, eta: 44, cognome: 'Rossi', matricola: 'AB123' },
    ['CRED-05', 'PII-02', 'PII-06', 'PII-06', 'PII-07'],
  ],
  Portuguese: [
    { senha: 'x1', idade: 44, sexo: 'f', nome_usuario: 'jane', telemovel: '+351912345678' },
    ['CRED-05', 'PII-04', 'PII-06', 'PII-06', 'PII-07'],
  ],
  Pinyin: [
    { mima: 'x1', tizhong: 71.4, shengao: 168, yonghuming: 'jane', shouji: '13800138000' },
    ['CRED-05', 'PII-04', 'PII-06', 'PII-06', 'PII-07'],
  ],
  Chinese: [
    { 密码: 'x1', 体重: 71.4, 身高: 168, 用户名: 'jane', 手机号: '13800138000' },
    ['CRED-05', 'PII-04', 'PII-06', 'PII-06', 'PII-07'],
  ],
  Japanese: [{ パスワード: 'x1', 体重: 71.4 }, ['CRED-05', 'PII-06']],
};

for (const [language, [fields, rules]] of Object.entries(LANGUAGES)) {
  test(`words in ${language} are found, escaped or not, and no value is reported`, () => {
    const plain = JSON.stringify(fields);
    const escaped = plain.replace(
      /[\u0080-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    for (const body of [plain, escaped]) {
      const reported = found('application/json; charset=utf-8', body).map((line) => line.split(' ', 1)[0]);
      assert.deepEqual(reported, rules);
    }
  });
}

const ORDINARY: Readonly<Record<string, readonly [string, string]>> = {
  'a picture': ['application/json', '{"type":"image","width":1920,"height":168,"age":12}'],
  'an icon of UPnP': ['text/xml', '<icon><mimetype>image/png</mimetype><width>48</width><height>48</height></icon>'],
  'a page': ['text/html', '<img src="x" height="48" alt="y"><input name="a" value="b">'],
  'one short word': ['application/json', '{"wt":3,"on":1,"mode":"eco"}'],
  'short words out of range': ['application/json', '{"wt":0,"ht":0,"sx":7,"agt":1480000000}'],
  'a cache': ['text/plain', 'max-age: 3600\nserver: x/1.0\n'],
  'a name without a person': ['application/json', '{"id":12345678,"name":"kitchen","state":"on"}'],
  'a unit of light': ['application/json', '{"lat":1,"lon":2,"ph":7.41234567}'],
};

for (const [name, [type, body]] of Object.entries(ORDINARY)) {
  test(`${name} says nothing about a person`, () => assert.deepEqual(found(type, body), []));
}

test('a password behind 900 other fields is found', () => {
  const others = Array.from({ length: 900 }, (_, i) => [`f${i}`, i] as const);
  const secret = 'geheimwort4711';
  const json = JSON.stringify({ ...Object.fromEntries(others), password: secret });
  assert.deepEqual(found('application/json', json), ['CRED-05 password']);
  const form = `${others.map(([name, i]) => `${name}=${i}`).join('&')}&password=${secret}`;
  assert.deepEqual(found('application/x-www-form-urlencoded', form), ['CRED-05 password']);
});

test('more fields than are searched are counted as a message cut', () => {
  const fields = Array.from({ length: 1200 }, (_, i) => `f${i}=${i}`).join('&');
  const request = `POST / HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${fields.length}\r\n\r\n${fields}`;
  const { limits } = framesDocument(connection(SCALE, CLOUD, [[0, Buffer.from(request)]]));
  assert.equal(limits.messages_cut, 1);
});
