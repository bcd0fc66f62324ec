// weir replay leaves the appliance's data folder as text: what people typed and what devices planted stays in the captures.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { ascii, connection, type Endpoint } from '../analysis/packets.ts';
import { DataFolder, device, GATEWAY, record, START_NS } from '../store/data-folder.ts';

const CLI = fileURLToPath(new URL('../../appliance/cli/main.js', import.meta.url));
const USER = 'mara.lindqvist';
const MAIL = `${USER}@example.org`;
const PASSWORD = 'Tr0ut-Ladder!7';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const SECRETS = [USER, PASSWORD, base64(`${USER}:${PASSWORD}`), base64(MAIL)];

/** What clients say that log in or report who they are: port and words, one after the other. */
const LOGINS: readonly (readonly [number, readonly string[]])[] = [
  [80, [`GET / HTTP/1.1\r\nHost: cam.example\r\nAuthorization: Basic ${base64(`${USER}:${PASSWORD}`)}\r\n\r\n`]],
  [80, [`GET /user/${MAIL}/x?user=${USER}&pw=${PASSWORD} HTTP/1.1\r\nHost: a.example\r\nFrom: ${MAIL}\r\n\r\n`]],
  [
    80,
    [
      `POST /in HTTP/1.1\r\nHost: b.example\r\nContent-Type: application/json\r\nContent-Length: ${`{"username":"${USER}"}`.length}\r\n\r\n{"username":"${USER}"}`,
    ],
  ],
  [21, [`USER ${USER}\r\n`, `PASS ${PASSWORD}\r\n`]],
  [23, [`${USER}\r\n`, `${PASSWORD}\r\n`]],
  [110, [`USER ${MAIL}\r\n`, `PASS ${PASSWORD}\r\n`]],
  [143, [`a1 LOGIN ${MAIL} ${PASSWORD}\r\n`]],
  [25, ['EHLO x\r\n', `AUTH PLAIN ${base64(`\0${MAIL}\0${PASSWORD}`)}\r\n`, `MAIL FROM:<${MAIL}>\r\n`]],
  [554, [`DESCRIBE rtsp://${USER}:${PASSWORD}@10.0.0.9/live RTSP/1.0\r\nCSeq: 1\r\n\r\n`]],
  [6667, [`PASS ${PASSWORD}\r\n`, `NICK ${USER}\r\n`]],
  [5060, [`REGISTER sip:${MAIL} SIP/2.0\r\nFrom: <sip:${MAIL}>\r\n\r\n`]],
];

function talk(folder: DataFolder): void {
  const segment = folder.open(device(1));
  const cloud = { mac: GATEWAY, ip: '198.51.100.9' };
  let i = 0n;
  for (const [n, [port, words]] of LOGINS.entries()) {
    const near: Endpoint = { mac: device(1), ip: '10.0.0.11', port: 40_000 + n };
    const said = words.map((text) => [0, ascii(text)] as const);
    for (const frame of connection(near, { ...cloud, port }, said))
      folder.append(segment, record(frame, START_NS + i++ * 1_000_000n));
  }
  folder.close(segment);
}

/** What a reader makes of texts in Base64: first bytes of a payload would are there. */
function inBase64(text: string): string {
  const found = text.match(/"[A-Za-z0-9+/]{8,}={0,2}"/g) ?? [];
  return found.map((quoted) => Buffer.from(quoted.slice(1, -1), 'base64').toString('latin1')).join('\n');
}

test("weir replay prints the documents of the page, and nobody's account, password or address", (t) => {
  const folder = DataFolder.make(t);
  talk(folder);
  const { stdout, stderr, status } = spawnSync(process.execPath, [CLI, 'replay', folder.dir], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const { document } = JSON.parse(stdout) as { document: AnalysisDocument };
  assert.equal(document.schema, 'weir.analysis/1');
  const families = new Set(document.findings.map(({ rule }) => rule));
  for (const rule of ['CRED-01', 'CRED-08', 'CRED-09', 'CRED-10']) assert.ok(families.has(rule), rule);
  const lower = (stdout + stderr + inBase64(stdout)).toLowerCase();
  assert.deepEqual(
    SECRETS.filter((secret) => lower.includes(secret.toLowerCase())),
    [],
  );
});
