import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer as createTcp, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { connect, createServer, type PeerCertificate } from 'node:tls';
import { type Authority, Leaves, leafKey, makeAuthority } from '../../appliance/proxy/engine/authority.ts';
import { askServer, intercept } from '../../appliance/proxy/engine/interception.ts';
import { readOpening } from '../../appliance/proxy/engine/opening.ts';

const now = new Date();
const key = await leafKey();
const [own, unknown, cloud] = ['Own', 'Unknown', 'Cloud'].map((name) => makeAuthority(name, now)) as [
  Authority,
  Authority,
  Authority,
];
const identities = { trusted: new Leaves(own, key), unknown: new Leaves(unknown, key) };
const open: Server[] = [];
after(() => {
  for (const server of open) server.close();
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

interface Seen {
  readonly issuer: string;
  readonly names: string;
  readonly outcome: string;
  readonly verified: boolean | null;
  readonly secrets: readonly string[];
}

/** An app that asks `api.example.com` and looks at nothing, through the proxy, to a server whose certificate is for `name`. */
async function through(name: string, authorities: readonly Authority[]): Promise<Seen> {
  const leaves = new Leaves(cloud, key);
  const server = createServer({ key: leaves.key, cert: leaves.certificateFor([name]) }, (socket) =>
    socket.pipe(socket),
  );
  const target = { name: 'api.example.com', address: '127.0.0.1', port: await listen(server) };
  const secrets: string[] = [];
  const middle = createTcp({ pauseOnConnect: true });
  const accepted = once(middle, 'connection') as Promise<[Socket]>;
  const app = connect({
    socket: connectTcp(await listen(middle), '127.0.0.1'),
    servername: target.name,
    rejectUnauthorized: false,
  });
  const [socket] = await accepted;
  const opening = await readOpening(socket, 10_000);
  assert.ok(opening.kind === 'tls');
  const asked = await askServer(target, opening.hello, {
    certificates: authorities.map(({ certificate }) => certificate),
  });
  const taps = { up: () => {}, down: () => {} };
  const ended = intercept({ socket, target, hello: opening.hello }, asked, identities, {
    taps: () => taps,
    secret: (line) => secrets.push(line),
  });
  await once(app, 'secureConnect');
  const certificate: PeerCertificate = app.getPeerCertificate();
  app.write('hello');
  await once(app, 'data');
  app.end();
  const { outcome, serverVerified } = await ended;
  return {
    issuer: String(certificate.issuer.CN),
    names: String(certificate.subjectaltname),
    outcome,
    verified: serverVerified,
    secrets,
  };
}

test('a server that people trust is shown under the authority of the phone, with the secrets of that side', async () => {
  const { issuer, names, outcome, verified, secrets } = await through('api.example.com', [cloud]);
  assert.deepEqual([issuer, outcome, verified], ['Own', 'accepted', true]);
  assert.match(names, /DNS:api\.example\.com/);
  assert.ok(secrets.some((line) => line.startsWith('CLIENT_TRAFFIC_SECRET_0 ')));
});

test('a server whose certificate nobody vouches for is shown as one: the app can refuse it as without the proxy', async () => {
  const { issuer, outcome, verified } = await through('api.example.com', []);
  assert.deepEqual([issuer, outcome, verified], ['Unknown', 'accepted', false]);
});

test('a certificate for other names stays one for other names', async () => {
  const { issuer, names, verified } = await through('other.example.com', [cloud]);
  assert.deepEqual([issuer, names, verified], ['Own', 'DNS:other.example.com', false]);
});
