// Real stacks from npm that talk within this process: CoAP in blocks, OpenSSH's client to a server of ssh2, WebRTC with DTLS-SRTP.
// stacks-guest.ts runs them.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer, request } from 'coap';
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket } from 'werift';

const HOST = '127.0.0.1';

/** What is used of ssh2, which brings no types. */
interface Ssh2 {
  readonly Server: new (settings: { hostKeys: readonly string[] }, onClient: (client: SshClient) => void) => Server;
  readonly utils: { generateKeyPairSync(kind: 'ed25519'): { readonly private: string } };
}
interface SshClient {
  on(event: 'authentication', listener: (context: { accept(): void }) => void): this;
  on(event: 'session', listener: (accept: () => SshSession) => void): this;
  on(event: 'error', listener: () => void): this;
}
interface SshSession {
  on(event: 'exec', listener: (accept: () => SshChannel) => void): this;
}
interface SshChannel {
  write(text: string): void;
  exit(code: number): void;
  end(): void;
}

/** One POST whose body takes several blocks (RFC 7959), and its answer. */
export async function postByCoap(port: number, path: string, body: string): Promise<void> {
  const server = createServer((_, response) => {
    response.code = '2.04';
    response.end('{"status":"changed"}');
  });
  await new Promise<void>((resolve) => server.listen(port, HOST, () => resolve()));
  const post = request({ host: HOST, port, pathname: path, method: 'POST', confirmable: true });
  post.setOption('Content-Format', 'application/json');
  // 64 bytes a block.
  post.setOption('Block1', Buffer.of(2));
  const answered = once(post, 'response');
  post.end(body);
  await answered;
  server.close();
}

/** `ssh` runs a command on a server that answers with the text. */
export async function runBySsh(port: number, text: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const ssh2 = require('ssh2') as Ssh2;
  const hostKeys = [ssh2.utils.generateKeyPairSync('ed25519').private];
  const server = new ssh2.Server({ hostKeys }, (client) => {
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept) => accept().on('exec', (acceptCommand) => answerCommand(acceptCommand(), text)));
    client.on('error', () => undefined);
  });
  server.listen(port, HOST);
  await once(server, 'listening');
  const known = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'BatchMode=yes'];
  const words = ['-F', 'none', ...known, '-p', `${port}`, `maria@${HOST}`, 'show'];
  const child = spawn('ssh', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ssh ended with ${code}: ${output}`);
  server.close();
}

function answerCommand(channel: SshChannel, text: string): void {
  channel.write(text);
  channel.exit(0);
  channel.end();
}

/** Pictures that stay below what fits into one datagram. */
const PICTURE = 1000;
const PICTURES = 40;

const ATTEMPTS = 3;
const PATIENCE_MS = 15_000;

/**
 * STUN, DTLS and SRTP between one port and the one two above it, until the other side has taken all pictures. On a busy machine
 * the library now and then never gets so far: then they call again, and false says that no call came about.
 */
export async function callByWebrtc(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [caller, called] = [makePeer(port + 2), makePeer(port)];
    const stop = new AbortController();
    const late = pause(PATIENCE_MS, 'late' as const, { signal: stop.signal }).catch(() => 'late' as const);
    const outcome = await Promise.race([sendPictures(caller, called, stop.signal), late]);
    stop.abort();
    await Promise.all([caller.close(), called.close()]);
    if (outcome === 'taken') return true;
  }
  return false;
}

function makePeer(port: number): RTCPeerConnection {
  return new RTCPeerConnection({
    iceServers: [],
    bundlePolicy: 'max-bundle',
    iceUseIpv6: false,
    iceAdditionalHostAddresses: [HOST],
    icePortRange: [port, port + 1],
  });
}

async function sendPictures(caller: RTCPeerConnection, called: RTCPeerConnection, stop: AbortSignal): Promise<'taken'> {
  const track = new MediaStreamTrack({ kind: 'video' });
  caller.addTransceiver(track, { direction: 'sendonly' });
  const taken = new Promise<'taken'>((resolve) => {
    let count = 0;
    called.onTrack.subscribe((received) =>
      received.onReceiveRtp.subscribe(() => {
        if (++count === PICTURES) resolve('taken');
      }),
    );
  });
  caller.connectionStateChange.subscribe((state) => {
    if (state === 'connected' && !stop.aborted) runCamera(track, stop);
  });
  await caller.setLocalDescription(await caller.createOffer());
  await called.setRemoteDescription(caller.localDescription!);
  await called.setLocalDescription(await called.createAnswer());
  await caller.setRemoteDescription(called.localDescription!);
  return await taken;
}

/** Half of each picture is random, so that nothing but SRTP makes the whole look sealed. */
function runCamera(track: MediaStreamTrack, stop: AbortSignal): void {
  let sequenceNumber = 0;
  const camera = setInterval(() => {
    const header = new RtpHeader({ payloadType: 96, sequenceNumber, timestamp: sequenceNumber * 3000, ssrc: 1 });
    track.writeRtp(new RtpPacket(header, Buffer.concat([Buffer.alloc(PICTURE / 2), randomBytes(PICTURE / 2)])));
    sequenceNumber++;
  }, 10);
  stop.addEventListener('abort', () => clearInterval(camera));
}
