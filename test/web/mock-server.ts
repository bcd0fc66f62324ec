// A double of the appliance in the page's tests: serves dist/web with the appliance's headers and an invented home behind
// the API of publish/http/schemas/. Keeps what the page posts, so that a test can read it.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { mergedIdentity } from '../../appliance/experiment/registry/registry-text.ts';
import type { AnalysisDocument } from '../../appliance/model/analysis-document.ts';
import { isWithdrawal } from '../../appliance/model/user-identity.ts';
import type { IdentityRequest, RegistryRequest } from '../../appliance/publish/schemas/devices.ts';
import type { ExportRequest, PhaseRequest, TagRequest } from '../../appliance/publish/schemas/experiment.ts';
import type { ExportsResponse } from '../../appliance/publish/schemas/exports.ts';
import type { StatusResponse } from '../../appliance/publish/schemas/status.ts';
import type { VerificationResponse } from '../../appliance/publish/schemas/verification.ts';
import type { MarkRequest } from '../../appliance/publish/schemas/windows.ts';
import { sessionsOf, tokensOf } from './mock-access.ts';
import { deviceRows, findingRows, segmentRows } from './mock-answers.ts';
import { type CampaignStage, campaignOf, campaignsOf } from './mock-campaign.ts';
import { comparisonOf } from './mock-comparison.ts';
import { documentOf } from './mock-document.ts';
import { idOf } from './mock-figures.ts';
import { flowsOf } from './mock-flows.ts';
import { HOME } from './mock-home.ts';
import { mockPacket } from './mock-packet.ts';
import { recordingOf } from './mock-recording.ts';
import { scanDetailOf, scansOf } from './mock-scans.ts';
import { sentencesOf } from './mock-sentences.ts';
import { doctorOf, healthOf, ledgerOf, type State, statusOf } from './mock-status.ts';
import { trafficOf, trafficSecond } from './mock-traffic.ts';
import { figuresOf, windowsOf } from './mock-windows.ts';

export const PASSWORD = 'correct-horse';
export const CLAIM_TOKEN = '23456-789ab-cdefg-hijkm-npqrs';
const COOKIE = 'session=mock';

/** Of none, but for what is said. */
export function verificationOf(said: Partial<VerificationResponse>): VerificationResponse {
  return { state: 'none', started: null, ended: null, done: null, result: null, why: null, ...said };
}

/** None on the appliance, but for what is said. */
export function exportsOf(said: Partial<ExportsResponse>): ExportsResponse {
  return {
    state: 'none',
    started: null,
    ended: null,
    done: null,
    result: null,
    why: null,
    exports: [],
    most: 16,
    ...said,
  };
}

export interface MockServer {
  readonly url: string;
  /** Bodies of `POST /api/v1/phase`, in order. */
  readonly phaseRequests: PhaseRequest[];
  /** Bodies of `POST /api/v1/windows`, in order. */
  readonly marks: MarkRequest[];
  /** Reports of violated content security policy. */
  readonly violations: string[];
  /** False makes capture unreachable from now on. */
  captureAnswers: boolean;
  /** False makes it wait for its claim, until somebody brings the token. */
  isClaimed: boolean;
  /** Whether a check-up was made. */
  hasLooked: boolean;
  /** What its verification came to so far. */
  verification: VerificationResponse;
  exports: ExportsResponse;
  /** Bodies of `POST /api/v1/exports`, in order. */
  readonly exportRequests: ExportRequest[];
  /** The state of its campaign. */
  campaign: CampaignStage;
  status(): StatusResponse;
  stop(): Promise<void>;
}

export async function startMockServer(pageFolder: string, port = 0): Promise<MockServer> {
  const started = Date.now();
  const ago = (minutes: number) => new Date(started - minutes * 60_000).toISOString();
  const state: State = {
    phase: 'idle',
    interaction: 'none',
    tags: [],
    endedTags: [],
    identities: new Map(),
    switches: [
      { ts: ago(1500), phase: 'setup', interaction: 'physical', note: 'joined all devices' },
      { ts: ago(1440), phase: 'idle', interaction: 'none', note: '' },
      { ts: ago(240), phase: 'intensive', interaction: 'lan_app', note: 'lamp on and off, ten times' },
      { ts: ago(200), phase: 'intensive', interaction: 'voice', note: '<b onclick=alert(1)>asked the assistant</b>' },
      { ts: ago(180), phase: 'idle', interaction: 'none', note: '' },
    ],
  };
  const streams = new Set<ServerResponse>();
  const mock = {
    phaseRequests: [] as PhaseRequest[],
    marks: [] as MarkRequest[],
    violations: [] as string[],
    captureAnswers: true,
    isClaimed: true,
    hasLooked: false,
    verification: verificationOf({}),
    exports: exportsOf({}),
    exportRequests: [] as ExportRequest[],
    campaign: 'none' as CampaignStage,
  };
  const status = () => statusOf(state, mock.captureAnswers, started);
  const routes = routesOf(state, status, mock, streams, started);

  const server = createServer((request, response) => {
    void answer(request, response).catch((thrown: unknown) => response.destroy(thrown as Error));
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mock');
    response.setHeader(
      'content-security-policy',
      "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp",
    );
    response.setHeader('x-content-type-options', 'nosniff');
    if (url.pathname === '/csp') {
      mock.violations.push(await bodyOf(request));
      return void response.writeHead(204).end();
    }
    const isApi = url.pathname.startsWith('/api/') || url.pathname === '/events';
    if (!isApi) return await sendFile(response, pageFolder, url.pathname);
    if (url.pathname === '/api/v1/claim') return await answerClaim(mock, request, response);
    if (!mock.isClaimed) return sendJson(response, 403, { code: 'UNCLAIMED', error: 'It waits for its claim.' });
    if (url.pathname === '/api/v1/login') return await login(request, response);
    if (request.headers.cookie !== COOKIE)
      return sendJson(response, 401, { code: 'UNAUTHORISED', error: 'Please log in.' });
    if (url.pathname === '/events') return openStream(response, streams, status);
    const route = routes.find(([method, pattern]) => method === request.method && pattern.test(url.pathname));
    if (route === undefined)
      return sendJson(response, 404, { code: 'NOT_FOUND', error: 'There is no such thing here.' });
    await route[2](url, request, response);
  }

  const ticking = setInterval(() => streams.forEach((stream) => tick(stream, status)), 1000);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(mock, {
    status,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () => stop(server, ticking, streams),
  });
}

async function stop(server: Server, ticking: NodeJS.Timeout, streams: ReadonlySet<ServerResponse>): Promise<void> {
  clearInterval(ticking);
  for (const stream of streams) stream.end();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

type Route = readonly [
  'GET' | 'POST' | 'DELETE',
  RegExp,
  (url: URL, request: IncomingMessage, response: ServerResponse) => unknown,
];

function routesOf(
  state: State,
  status: () => StatusResponse,
  mock: Pick<
    MockServer,
    'phaseRequests' | 'marks' | 'hasLooked' | 'campaign' | 'verification' | 'exports' | 'exportRequests'
  >,
  streams: Set<ServerResponse>,
  started: number,
): Route[] {
  const json = (make: (url: URL) => unknown) => (url: URL, _request: IncomingMessage, response: ServerResponse) =>
    sendJson(response, 200, make(url));
  return [
    ['GET', /^\/api\/v1\/status$/, json(() => status())],
    [
      'GET',
      /^\/api\/v1\/devices\/[0-9a-f]{12}\/comparison$/,
      json((url) => comparisonOf(url.searchParams, Date.now())),
    ],
    ['GET', /^\/api\/v1\/segments\/\d+\/packets\/\d+$/, json(() => mockPacket(false))],
    ['GET', /^\/api\/v1\/scans$/, json((url) => scansOf(url.searchParams.get('device') ?? '', started))],
    ['GET', /^\/api\/v1\/scans\/[0-9TZa-f-]+$/, json(() => scanDetailOf(started))],
    ['GET', /^\/api\/v1\/flows$/, json((url) => flowsOf(url.searchParams, Date.now()))],
    ['GET', /^\/api\/v1\/sentences$/, json((url) => sentencesOf(url.searchParams, Date.now()))],
    ['GET', /^\/api\/v1\/windows$/, json(() => windowsOf(recordingOf(state, true, started), mock.marks))],
    [
      'POST',
      /^\/api\/v1\/windows$/,
      async (_url, request, response) => {
        mock.marks.push(JSON.parse(await bodyOf(request)) as MarkRequest);
        sendJson(response, 200, { id: `tag-${499 + mock.marks.length}` });
      },
    ],
    [
      'DELETE',
      /^\/api\/v1\/windows\/tag-\d+$/,
      (url, _request, response) => {
        mock.marks.splice(Number(/\d+$/.exec(url.pathname)?.[0]) - 500, 1);
        sendJson(response, 200, { ok: true });
      },
    ],
    ['GET', /^\/api\/v1\/(windows\/[a-z]+-\d+\/)?figures$/, json((url) => figuresOf(url.searchParams))],
    ['GET', /^\/api\/v1\/recording$/, json(() => recordingOf(state, status().capture !== null, started))],
    [
      'GET',
      /^\/api\/v1\/devices$/,
      json(() => ({ ts: new Date().toISOString(), age_seconds: 0, devices: deviceRows(Date.now()) })),
    ],
    [
      'GET',
      /^\/api\/v1\/devices\/[0-9a-f]{12}$/,
      json((url) => withIdentities(documentOf(devicesAt(url), Date.now()), state)),
    ],
    [
      'POST',
      /^\/api\/v1\/devices\/[0-9a-f]{12}\/identity$/,
      (url, request, response) => identify(state, url, request, response),
    ],
    ['GET', /^\/api\/v1\/summary$/, json(() => documentOf(HOME, Date.now()))],
    ['GET', /^\/api\/v1\/traffic$/, json((url) => trafficOf(Number(url.searchParams.get('seconds') ?? '300')))],
    ['GET', /^\/api\/v1\/segments$/, json((url) => segmentsAt(url))],
    ['GET', /^\/api\/v1\/findings$/, json(() => ({ findings: findingRows(Date.now()) }))],
    ['GET', /^\/api\/v1\/findings\/[^/]+\/packet$/, json(() => mockPacket(false))],
    ['POST', /^\/api\/v1\/findings\/[^/]+\/packet\/reveal$/, json(() => mockPacket(true))],
    ['POST', /^\/api\/v1\/findings\/[^/]+\/set-aside$/, json(() => ({ ok: true }))],
    ['GET', /^\/api\/v1\/verify$/, json(() => mock.verification)],
    [
      'POST',
      /^\/api\/v1\/verify$/,
      json(() => {
        mock.verification = verificationOf({ state: 'running', started: new Date().toISOString() });
        return mock.verification;
      }),
    ],
    ...exportRoutes(mock),
    ['GET', /^\/api\/v1\/health$/, json(() => healthOf(status()))],
    ['GET', /^\/api\/v1\/doctor$/, json(() => doctorOf(mock.hasLooked))],
    [
      'POST',
      /^\/api\/v1\/doctor$/,
      json(() => {
        mock.hasLooked = true;
        return doctorOf(mock.hasLooked);
      }),
    ],
    ...campaignRoutes(mock),
    ['POST', /^\/api\/v1\/registry$/, (_url, request, response) => register(state, request, response)],
    ['GET', /^\/api\/v1\/ledger$/, json((url) => ledgerOf(state, Number(url.searchParams.get('after') ?? '-1')))],
    ['GET', /^\/api\/v1\/sessions$/, json(() => sessionsOf())],
    ['GET', /^\/api\/v1\/tokens$/, json(() => tokensOf())],
    ['POST', /^\/api\/v1\/(annotate|rotate|capture\/pause|capture\/resume)$/, json(() => ({ ok: true }))],
    ['POST', /^\/api\/v1\/logout$/, json(() => ({ ok: true }))],
    [
      'POST',
      /^\/api\/v1\/tags\/(start|stop|cancel)$/,
      (url, request, response) => changeTag(state, url, request, response),
    ],
    [
      'POST',
      /^\/api\/v1\/phase$/,
      async (_url, request, response) => {
        const asked = JSON.parse(await bodyOf(request)) as PhaseRequest;
        mock.phaseRequests.push(asked);
        state.phase = asked.phase;
        state.interaction = asked.interaction ?? 'none';
        const since = new Date().toISOString();
        state.switches.push({ ts: since, phase: state.phase, interaction: state.interaction, note: asked.note ?? '' });
        const { phase, interaction } = state;
        for (const stream of streams) send(stream, 'phase', { phase, interaction, since });
        sendJson(response, 200, { phase, interaction });
      },
    ],
  ];
}

function exportRoutes(mock: Pick<MockServer, 'exports' | 'exportRequests'>): Route[] {
  return [
    ['GET', /^\/api\/v1\/exports$/, (_url, _request, response) => sendJson(response, 200, mock.exports)],
    [
      'POST',
      /^\/api\/v1\/exports$/,
      async (_url, request, response) => {
        mock.exportRequests.push(JSON.parse(await bodyOf(request)) as ExportRequest);
        mock.exports = exportsOf({ state: 'running', started: new Date().toISOString() });
        sendJson(response, 200, mock.exports);
      },
    ],
    [
      'DELETE',
      /^\/api\/v1\/exports\/[^/]+$/,
      (url, _request, response) => {
        const name = url.pathname.split('/').at(-1);
        mock.exports = exportsOf({ exports: mock.exports.exports.filter((one) => one.name !== name) });
        sendJson(response, 200, { ok: true });
      },
    ],
  ];
}

function campaignRoutes(mock: Pick<MockServer, 'campaign'>): Route[] {
  const become =
    (stage: CampaignStage, answer: object) => (_url: URL, _request: IncomingMessage, to: ServerResponse) => {
      mock.campaign = stage;
      sendJson(to, 200, answer);
    };
  return [
    ['GET', /^\/api\/v1\/campaigns$/, (_url, _request, response) => sendJson(response, 200, campaignsOf())],
    ['GET', /^\/api\/v1\/campaign$/, (_url, _request, response) => sendJson(response, 200, campaignOf(mock.campaign))],
    ['POST', /^\/api\/v1\/campaign\/start$/, become('asks', { run: '20261201T120000Z_paper' })],
    ['POST', /^\/api\/v1\/campaign\/done$/, become('records', { ok: true })],
    ['POST', /^\/api\/v1\/campaign\/abort$/, become('none', { ok: true })],
  ];
}

async function identify(state: State, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const said = JSON.parse(await bodyOf(request)) as IdentityRequest;
  const ts = String(Math.floor(Date.now() / 1000));
  state.identities.set(url.pathname.split('/')[4] ?? '', { ...said, by: 'page from 192.0.2.9', ts });
  sendJson(response, 200, { ok: true });
}

async function register(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { devices } = JSON.parse(await bodyOf(request)) as RegistryRequest;
  const origin = { by: 'page from 192.0.2.9', ts: String(Math.floor(Date.now() / 1000)) };
  for (const { mac, ...said } of devices) {
    const key = mac.replaceAll(':', '');
    state.identities.set(key, { ...mergedIdentity(state.identities.get(key), said), ...origin });
  }
  sendJson(response, 200, { written: devices.length });
}

/** As the appliance renders it: the word of a person first. */
function withIdentities(document: AnalysisDocument, state: State): AnalysisDocument {
  const devices = document.devices.map((one) => {
    const said = state.identities.get(one.mac.replaceAll(':', ''));
    if (said === undefined || isWithdrawal(said)) return one;
    if (said.name === '') return { ...one, confirmed: said };
    const names = [{ name: said.name, source: 'user' }, ...one.names];
    return { ...one, names, maker: said.vendor, category: said.category, confirmed: said };
  });
  return { ...document, devices };
}

async function changeTag(state: State, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { tag, device } = JSON.parse(await bodyOf(request)) as TagRequest;
  const others = state.tags.filter((open) => open.tag !== tag);
  const started = { tag, device: device ?? null, owner: 'page', since: new Date().toISOString() };
  const ended = state.tags.filter((open) => open.tag === tag);
  const to = new Date().toISOString();
  const cancelled = url.pathname.endsWith('cancel');
  state.tags = url.pathname.endsWith('start') ? [...others, started] : others;
  if (!url.pathname.endsWith('start'))
    state.endedTags.push(...ended.map(({ since: from, ...one }, n) => ({ n: 100 + n, ...one, from, to, cancelled })));
  sendJson(response, 200, { ok: true });
}

async function answerClaim(
  mock: { isClaimed: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET')
    return sendJson(response, 200, { claimed: mock.isClaimed, appliance: 'weir-5eed', settings: 'refused' });
  const { token } = JSON.parse(await bodyOf(request)) as { token: string };
  if (token !== CLAIM_TOKEN)
    return sendJson(response, 401, { code: 'WRONG_TOKEN', error: 'That is not the claim token.' });
  mock.isClaimed = true;
  response.setHeader('set-cookie', `${COOKIE}; HttpOnly; SameSite=Strict; Path=/`);
  return sendJson(response, 200, { ok: true });
}

async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { password } = JSON.parse(await bodyOf(request)) as { password: string };
  if (password !== PASSWORD) return sendJson(response, 401, { code: 'UNAUTHORISED', error: 'Wrong password.' });
  response.setHeader('set-cookie', `${COOKIE}; HttpOnly; SameSite=Strict; Path=/`);
  sendJson(response, 200, { kind: 'person', appliance: 'weir-lab1', version: '0.1.0' });
}

function openStream(response: ServerResponse, streams: Set<ServerResponse>, status: () => StatusResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  streams.add(response);
  response.on('close', () => streams.delete(response));
  send(response, 'status', status());
}

function tick(stream: ServerResponse, status: () => StatusResponse): void {
  const second = Math.floor(Date.now() / 1000) - 1;
  send(stream, 'traffic', trafficSecond(second));
  if (second % 2 === 0) send(stream, 'device', { devices: deviceRows(Date.now()).slice(0, 2) });
  if (second % 5 === 0) send(stream, 'status', status());
}

function send(stream: ServerResponse, event: string, data: unknown): void {
  stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

async function sendFile(response: ServerResponse, folder: string, path: string): Promise<void> {
  const name = path === '/' ? '/index.html' : path;
  const known = /^\/(?:assets\/)?[\w.-]+$/.test(name) && !name.includes('..');
  const bytes = known ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
  if (bytes === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream' });
  response.end(bytes);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function devicesAt(url: URL) {
  const id = url.pathname.split('/').at(-1);
  return HOME.filter((one) => idOf(one.mac) === id);
}

function segmentsAt(url: URL) {
  const device = url.searchParams.get('device');
  const phase = url.searchParams.get('phase');
  const before = Number(url.searchParams.get('before') ?? Number.MAX_SAFE_INTEGER);
  const all = segmentRows(Date.now()).filter(
    (row) => (device === null || idOf(row.device) === device) && (phase === null || row.phase === phase),
  );
  return { segments: all.filter((row) => row.seq < before), total: all.length };
}
