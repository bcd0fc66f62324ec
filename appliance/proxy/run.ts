// weir proxy run: the proxy in the foreground, from its authority to its record. What the unit starts; also for tests and laptops.

import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { toError, WeirError } from '../model/errors.ts';
import { printable } from '../model/text.ts';
import { isRound, listenForOrders, type ProxyRequest, type ProxyStatus, refuseSecond } from './control.ts';
import { Leaves, leafKey, makeUntrusted, openAuthority } from './engine/authority.ts';
import { phonePage } from './engine/phone-page.ts';
import { plainHttp } from './engine/plain-http.ts';
import { AppProxy } from './engine/proxy.ts';
import { Destinations } from './engine/reach.ts';
import type { Round } from './record/attempt.ts';
import { RunFolder } from './record/run-record.ts';

export interface RunWishes {
  readonly folder: string;
  readonly where: { readonly fd: number } | { readonly host: string; readonly port: number };
  /** MAC of the one device that the firewall leads here. */
  readonly device: string | null;
  readonly ownAddress: string | null;
  readonly app: string;
  readonly round: Round;
  readonly serverCa: string | undefined;
  readonly allowPrivate: boolean;
}

/** Characters of an app's name in the results. */
const MAX_APP_LETTERS = 64;

/** Runs until SIGTERM or SIGINT. */
export async function runProxy(wishes: RunWishes): Promise<void> {
  const { folder, where, device, ownAddress } = wishes;
  await refuseSecond(folder);
  const now = new Date();
  const leaves = leafKey();
  const authority = openAuthority(folder, now);
  const key = await leaves;
  const identities = {
    trusted: new Leaves(authority, key),
    unknown: new Leaves(makeUntrusted(now), key),
  };
  const destinations = new Destinations(wishes.allowPrivate);
  const recorder = new RunFolder(folder, device);
  const proxy = new AppProxy(
    {
      identities,
      trust: { certificates: trusted(wishes.serverCa) },
      destinations,
      recorder,
      http: plainHttp(destinations, phonePage(authority.certificate, ownAddress)),
      device,
      ownAddress,
    },
    { app: appName(wishes.app), round: wishes.round },
  );
  let port = 0;
  const status = (): ProxyStatus => ({
    schema: 'weir.proxy/1',
    pid: process.pid,
    since: now.toISOString(),
    port,
    device,
    app: proxy.activity.app,
    round: proxy.activity.round,
    open: proxy.open,
    attempts: recorder.counts.attempts,
    attempts_not_kept: recorder.counts.not_kept,
    folder: recorder.folder,
  });
  const orders = await listenForOrders(folder, (request) => {
    carryOut(proxy, request);
    return status();
  });
  port = await proxy.start(where);
  process.stdout.write(`the app proxy listens on port ${port}; its authority: ${folder}/ca/weir-proxy-ca.pem\n`);
  await stopSignal();
  orders.close();
  await proxy.stop();
  const { attempts, sha256 } = recorder.finish(proxy.activity);
  process.stdout.write(`${recorder.folder}: ${attempts} connections\n${JSON.stringify(sha256)}\n`);
}

function carryOut(proxy: AppProxy, request: ProxyRequest): void {
  switch (request.verb) {
    case 'status':
      return;
    case 'retest':
      return proxy.passes.forget();
    case 'app':
      proxy.activity.app = appName(request.app);
      return;
    case 'round':
      if (!isRound(request.round)) throw new TypeError(`there is no round ${String(request.round)}`);
      proxy.activity.round = request.round;
      return;
    default:
      throw new TypeError('there is no such order');
  }
}

function appName(text: string): string {
  return printable(text, MAX_APP_LETTERS);
}

function trusted(file: string | undefined): readonly string[] | undefined {
  if (file === undefined) return undefined;
  try {
    return [...rootCertificates, readFileSync(file, 'utf8')];
  } catch (thrown) {
    throw new WeirError('FILE_UNREADABLE', `${file}: ${toError(thrown).message}; nothing was started.`);
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
