// Puts the rules up and takes them down, as root, before and after the proxy itself: killing the proxy does not keep them. Each is a
// line in the ledger, where capture runs; without it the proxy works all the same.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LED_MARK } from '../../ap/render/render-firewall.ts';
import { CaptureClient } from '../../experiment/capture-client.ts';
import type { CaptureRequest } from '../../model/capture-status.ts';
import { toError, WeirError } from '../../model/errors.ts';
import { expectOnly, orElse, UNREADABLE } from '../../model/expected-error.ts';
import { PROXY_STATE_FILE, type ProxyState, parseProxyState } from '../../model/files/proxy-state.ts';
import { isInteraction, isPhase } from '../../model/phase.ts';
import { rootFolder } from '../places.ts';
import { noteRefusedQuic, readQuicSet } from '../record/refused-quic.ts';
import { hashes, lastActivity, lastSign, runFolders, wasBegunSince } from '../record/run-record.ts';
import { type FenceWish, fenceRules, REMOVE_RULES, ROUTE_TABLE } from './lead-rules.ts';
import { owedLine, oweLine, payLine } from './owed-line.ts';

const BY = 'proxy';

export interface FencePlaces {
  /** Capture's socket. */
  readonly capture: string;
  /** The proxy's folder. */
  readonly folder: string;
}

/** @throws WeirError AP_REFUSED where the kernel or the rights do not allow it; then nothing is left behind. */
export async function raiseFence(wish: FenceWish, places: FencePlaces): Promise<void> {
  const client = new CaptureClient(places.capture);
  await settleOwedLine(client, places);
  const before = await client.status().catch(orElse(undefined, 'asking capture for its phase', 'CAPTURE_UNREACHABLE'));
  const former: ProxyState = {
    schema: 'weir.proxy-state/1',
    device: wish.device,
    since: new Date().toISOString(),
    phase: before?.phase ?? 'unlabelled',
    interaction: before?.interaction ?? 'none',
    filtered: isBridgeFiltered(),
  };
  try {
    await oweLine(rootFolder(places.folder), former);
    writeFileSync(PROXY_STATE_FILE, `${JSON.stringify(former)}\n`, { mode: 0o644 });
    if (former.filtered) {
      filterBridge('0');
      process.stderr.write(
        'weir: net.bridge.bridge-nf-call-iptables is 0 while the app proxy runs; it is set back afterwards\n',
      );
    }
    nft(fenceRules(wish));
    takeRoutes();
    ip('rule', 'add', 'fwmark', `${LED_MARK}/${LED_MARK}`, 'lookup', String(ROUTE_TABLE));
    ip('route', 'add', 'local', '0.0.0.0/0', 'dev', 'lo', 'table', String(ROUTE_TABLE));
  } catch (thrown) {
    takeAway(former.filtered);
    rmSync(PROXY_STATE_FILE, { force: true });
    payLine(rootFolder(places.folder));
    throw new WeirError(
      'AP_REFUSED',
      `the connections of ${wish.device} cannot be led to the proxy (${toError(thrown).message}); nothing was started. It needs root, nftables and iproute2.`,
    );
  }
  await send(client, {
    verb: 'phase',
    phase: 'proxy',
    interaction: former.interaction as 'none',
    by: BY,
    note: `app proxy for ${wish.device}`,
  });
  await send(client, {
    verb: 'annotate',
    by: BY,
    text: `app proxy started for ${wish.device}: its TLS is looked into from now on`,
  });
}

/** Any number of times; what is not there is none of its business. Also after a start of the machine, for the line that is owed. */
export async function lowerFence(places: FencePlaces): Promise<void> {
  const former = readFormer();
  const quic = readQuicTotals();
  takeAway(former?.filtered === true);
  const client = new CaptureClient(places.capture);
  if (former === undefined) return settleOwedLine(client, places);
  rmSync(PROXY_STATE_FILE, { force: true });
  const run = runFolders(places.folder).at(-1);
  if (run !== undefined) noteRefusedQuic(run, quic, lastActivity(run));
  const text = `app proxy stopped for ${former.device}; ${runWords(run)}${quicWords(quic)}`;
  if (!(await send(client, { verb: 'annotate', by: BY, text }))) return;
  await setBackPhase(client, former, 'app proxy stopped');
  payLine(rootFolder(places.folder));
}

/** Reports the end of a run that could not report it itself: the power went, or capture did not answer. Twice if cut here; never not at all. */
async function settleOwedLine(client: CaptureClient, places: FencePlaces): Promise<void> {
  const owed = owedLine(rootFolder(places.folder));
  if (owed === undefined) return;
  const { device, since } = owed.state;
  const run = runFolders(places.folder)
    .filter((folder) => wasBegunSince(folder, since))
    .at(-1);
  const how = owed.isOfAnotherBoot
    ? 'ended by a power cut or a restart of the machine'
    : 'ended while the ledger could not be written';
  const text = `app proxy for ${device} ${how}; last known ${lastSign(run) ?? since}; ${runWords(run)}`;
  if (!(await send(client, { verb: 'annotate', by: BY, text }))) return;
  const now = await client.status().catch(orElse(undefined, 'asking capture for its phase', 'CAPTURE_UNREACHABLE'));
  if (now === undefined) return;
  if (now.phase === 'proxy') await setBackPhase(client, owed.state, 'app proxy ended without its stop');
  payLine(rootFolder(places.folder));
}

async function setBackPhase(client: CaptureClient, { phase, interaction }: ProxyState, note: string): Promise<void> {
  if (isPhase(phase) && isInteraction(interaction))
    await send(client, { verb: 'phase', phase, interaction, by: BY, note });
}

/** Datagrams that the rules refused, by address; none without rules, or for whom may not read them. */
export function readQuicTotals(): ReadonlyMap<string, number> {
  const { status, stdout } = spawnSync('nft', ['-j', 'list', 'set', 'inet', 'weir_proxy', 'quic_to'], {
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  return status === 0 ? readQuicSet(stdout) : new Map<string, number>();
}

function quicWords(quic: ReadonlyMap<string, number>): string {
  if (quic.size === 0) return '';
  const datagrams = [...quic.values()].reduce((sum, count) => sum + count, 0);
  return `; QUIC refused: ${datagrams} datagrams to ${quic.size} addresses`;
}

/** Undefined where nobody put rules up, or was killed while writing that down: the rules go all the same. */
function readFormer(): ProxyState | undefined {
  if (!existsSync(PROXY_STATE_FILE)) return undefined;
  const former = parseProxyState(readFileSync(PROXY_STATE_FILE, 'utf8'));
  if (former === undefined) rmSync(PROXY_STATE_FILE, { force: true });
  return former;
}

function takeAway(filtered: boolean): void {
  spawnSync('nft', ['-f', '-'], { input: REMOVE_RULES });
  takeRoutes();
  if (filtered) filterBridge('1');
}

/**
 * Docker and others have a bridge's frames pass the IP firewall (br_netfilter). A socket that `tproxy` chose there is lost on the way
 * up, and no connection would come in.
 */
const BRIDGE_FILTER = '/proc/sys/net/bridge/bridge-nf-call-iptables';

function isBridgeFiltered(): boolean {
  return existsSync(BRIDGE_FILTER) && readFileSync(BRIDGE_FILTER, 'utf8').trim() === '1';
}

function filterBridge(value: '0' | '1'): void {
  writeFileSync(BRIDGE_FILTER, value);
}

/** Of former fences too: several equal rules are possible. */
function takeRoutes(): void {
  const rule = ['rule', 'del', 'fwmark', `${LED_MARK}/${LED_MARK}`, 'lookup', String(ROUTE_TABLE)];
  while (spawnSync('ip', rule, { stdio: 'ignore' }).status === 0);
  spawnSync('ip', ['route', 'flush', 'table', String(ROUTE_TABLE)], { stdio: 'ignore' });
}

/** The ledger's chain then proves what the run left. */
function runWords(run: string | undefined): string {
  if (run === undefined) return 'it recorded nothing';
  const end = existsSync(join(run, 'run.json')) ? '' : ', cut off';
  return `run ${basename(run)}${end}, decrypted.pcap ${contentHash(run)}`;
}

/** A power cut may have left the folder without its files. */
function contentHash(run: string): string {
  try {
    return hashes(run)['decrypted.pcap'] ?? '';
  } catch (thrown) {
    expectOnly(thrown, 'hashing what a run of the proxy left', ...UNREADABLE);
    return 'not on the card';
  }
}

/** Whether the lines are in the ledger. */
async function send(client: CaptureClient, request: CaptureRequest): Promise<boolean> {
  try {
    await client.ask(request);
    return true;
  } catch (thrown) {
    expectOnly(thrown, 'writing to the ledger about the app proxy', 'CAPTURE_UNREACHABLE');
    process.stderr.write(
      `weir: nothing was written to the ledger (${toError(thrown).message}); the next start of the machine or of the proxy writes it\n`,
    );
    return false;
  }
}

function nft(text: string): void {
  const { status, stderr, error } = spawnSync('nft', ['-f', '-'], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(`nft: ${error?.message ?? stderr.split('\n', 1)[0]}`);
}

function ip(...words: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
