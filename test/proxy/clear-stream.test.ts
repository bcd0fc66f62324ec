import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ClearStream, PCAP_HEADER } from '../../appliance/proxy/record/clear-stream.ts';

const skip = spawnSync('tshark', ['-v']).error === undefined ? false : 'tshark is not installed';

function tshark(frames: readonly Buffer[], ...words: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'weir-clear-'));
  try {
    const file = join(folder, 'clear.pcap');
    writeFileSync(file, Buffer.concat([PCAP_HEADER, ...frames]));
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    const { stdout } = spawnSync('tshark', ['-n', '-r', file, ...checks, '-d', 'tcp.port==443,http', ...words], {
      encoding: 'utf8',
    });
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const BODY = Buffer.alloc(100_000, 'x');
const REQUEST = Buffer.from('GET /a HTTP/1.1\r\nHost: api.example.com\r\n\r\n');
const ANSWER = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n`);

for (const [client, server] of [
  ['192.0.2.7', '203.0.113.1'],
  ['2001:db8::7', '2001:db8:1::1'],
] as const) {
  test(`tshark reads what was said over ${server} without a complaint`, { skip }, () => {
    const stream = new ClearStream({ client, clientPort: 40_000, server, serverPort: 443 }, '02:00:00:00:00:07');
    const frames = [
      stream.open(1_700_000_000_000_001n),
      stream.data(1_700_000_000_000_002n, 'app', REQUEST),
      stream.data(1_700_000_000_000_003n, 'server', Buffer.concat([ANSWER, BODY])),
      stream.close(1_700_000_000_000_004n),
    ];
    assert.deepEqual(
      tshark(
        frames,
        '-Y',
        'tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.malformed',
      ),
      [],
    );
    const reported = tshark(
      frames,
      '-Y',
      'http',
      '-T',
      'fields',
      '-e',
      'http.host',
      '-e',
      'http.content_length',
      '-e',
      'eth.src',
    );
    assert.deepEqual(reported, ['api.example.com\t\t02:00:00:00:00:07', `\t${BODY.length}\t02:00:00:00:00:02`]);
  });
}
