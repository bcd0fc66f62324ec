// Stands in for the appliance in the page's tests: serves dist/web with the appliance's headers and an invented home behind
// the API of publish/http/schemas.ts. Keeps what the page posts, so that a test can read it.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type {
  HealthResponse,
  LedgerResponse,
  PhaseRequest,
  StatusResponse,
  TrafficResponse,
  TrafficSecond,
} from '../../appliance/publish/http/schemas.ts';
import { deviceRows, documentOf, findingRows, idOf, noise, segmentRows } from './mock-answers.ts';
import { HOME } from './mock-home.ts';

export const PASSWORD = 'correct-horse';
const COOKIE = 'session=mock';

export interface MockServer {
  readonly url: string;
  /** Bodies of `POST /api/v1/phase`, in order. */
  readonly phaseRequests: PhaseRequest[];
  /** Reports of violated content security policy. */
  readonly violations: string[];
  /** False makes capture unreachable from now on. */
  captureAnswers: boolean;
  status(): StatusResponse;
  stop(): Promise<void>;
}

interface State {
  phase: PhaseRequest['phase'];
  interaction: StatusResponse['phase']['interaction'];
  readonly switches: {
    readonly ts: string;
    readonly phase: string;
    readonly interaction: string;
    readonly note: string;
  }[];
}

export async function startMockServer(pageFolder: string, port = 0): Promise<MockServer> {
  const started = Date.now();
  const ago = (minutes: number) => new Date(started - minutes * 60_000).toISOString();
  const state: State = {
    phase: 'idle',
    interaction: 'none',
    switches: [
      { ts: ago(1500), phase: 'setup', interaction: 'physical', note: 'joined all devices' },
      { ts: ago(1440), phase: 'idle', interaction: 'none', note: '' },
      { ts: ago(240), phase: 'intensive', interaction: 'lan_app', note: 'lamp on and off, ten times' },
      { ts: ago(200), phase: 'intensive', interaction: 'voice', note: '<b onclick=alert(1)>asked the assistant</b>' },
      { ts: ago(180), phase: 'idle', interaction: 'none', note: '' },
    ],
  };
  const streams = new Set<ServerResponse>();
  const mock = { phaseRequests: [] as PhaseRequest[], violations: [] as string[], captureAnswers: true };
  const status = () => statusOf(state, mock.captureAnswers, started);
  const routes = routesOf(state, status, mock.phaseRequests, streams);

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
  'GET' | 'POST',
  RegExp,
  (url: URL, request: IncomingMessage, response: ServerResponse) => unknown,
];

function routesOf(
  state: State,
  status: () => StatusResponse,
  posted: PhaseRequest[],
  streams: Set<ServerResponse>,
): Route[] {
  const json = (make: (url: URL) => unknown) => (url: URL, _request: IncomingMessage, response: ServerResponse) =>
    sendJson(response, 200, make(url));
  return [
    ['GET', /^\/api\/v1\/status$/, json(() => status())],
    ['GET', /^\/api\/v1\/devices$/, json(() => ({ ts: new Date().toISOString(), devices: deviceRows(Date.now()) }))],
    ['GET', /^\/api\/v1\/devices\/[0-9a-f]{12}$/, json((url) => documentOf(devicesAt(url), Date.now()))],
    ['GET', /^\/api\/v1\/summary$/, json(() => documentOf(HOME, Date.now()))],
    ['GET', /^\/api\/v1\/traffic$/, json((url) => trafficOf(Number(url.searchParams.get('seconds') ?? '300')))],
    ['GET', /^\/api\/v1\/segments$/, json((url) => segmentsAt(url))],
    ['GET', /^\/api\/v1\/findings$/, json(() => ({ findings: findingRows(Date.now()) }))],
    ['GET', /^\/api\/v1\/health$/, json(() => healthOf(status()))],
    ['GET', /^\/api\/v1\/ledger$/, json((url) => ledgerOf(state, Number(url.searchParams.get('after') ?? '-1')))],
    ['POST', /^\/api\/v1\/logout$/, json(() => ({ ok: true }))],
    [
      'POST',
      /^\/api\/v1\/phase$/,
      async (_url, request, response) => {
        const asked = JSON.parse(await bodyOf(request)) as PhaseRequest;
        posted.push(asked);
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

/** A camera's clip every minute, a stream, keep-alives; the same second always looks the same. */
function trafficSecond(second: number): TrafficSecond {
  const base = 4000 + noise(second) * 9000;
  const clip = second % 60 < 7 ? 240_000 + noise(second + 3) * 90_000 : 0;
  const https = Math.round(base + (second % 97 < 14 ? 150_000 * noise(second + 1) : 0));
  const http = Math.round(clip + noise(second + 2) * 2000);
  const udp = Math.round(noise(second + 4) * 3000 + (second % 52 === 0 ? 22_000 : 0));
  const other = Math.round(noise(second + 5) * 1500);
  const parts = (share: number) => {
    const [h, s, u] = [Math.round(http * share), Math.round(https * (1.6 - share)), Math.round(udp * share)];
    const tcp = h + s + other;
    return { total: tcp + u, tcp, udp: u, http: h, https: s };
  };
  return { second, in: parts(0.3), out: parts(1) };
}

function trafficOf(span: number): TrafficResponse {
  const from = Math.floor(Date.now() / 1000) - span;
  const seconds = Array.from({ length: span - 1 }, (_, index) => trafficSecond(from + index));
  const series = (direction: 'in' | 'out') => ({
    total: seconds.map((one) => one[direction].total),
    tcp: seconds.map((one) => one[direction].tcp),
    udp: seconds.map((one) => one[direction].udp),
    http: seconds.map((one) => one[direction].http),
    https: seconds.map((one) => one[direction].https),
  });
  return { device: null, from, step_seconds: 1, in: series('in'), out: series('out') };
}

function statusOf(state: State, captureAnswers: boolean, started: number): StatusResponse {
  const since = state.switches.at(-1)?.ts ?? null;
  const gap = (seconds: number) => new Date(started - seconds * 1000).toISOString();
  return {
    schema: 'weir.status/1',
    ts: new Date().toISOString(),
    appliance: { id: 'weir-lab1', version: '0.1.0', started: gap(93_600), uptime_seconds: 93_600, pid: 812 },
    capture: captureAnswers
      ? {
          state: 'capturing',
          reason: '',
          engine: 'tcpdump',
          interface: 'br-weir',
          started: gap(93_600),
          pid: 640,
          version: '0.1.0',
          counters: {
            received: 1_204_420,
            dropped_kernel: 0,
            lost_pipe: 112,
            captured: 1_204_308,
            written: 1_204_113,
            lost_queue: 0,
            lost_disk: 0,
            refused: 31,
            canaries: 156,
          },
          gaps: [{ from: gap(150), to: gap(128), reason: 'engine_exit', lost: 112 }],
          ledger: { lines: 1480, head_sha256: '7f3a9c'.repeat(10) + 'beef' },
        }
      : null,
    capture_reason: captureAnswers ? '' : 'No capture process answers on its socket. Start `weir capture`.',
    phase: { phase: state.phase, interaction: state.interaction, since },
    tags: [],
    analysis: {
      state: 'live',
      lag_seconds: 0.8,
      backlog_bytes: 0,
      backlog_segments: 0,
      analysed_packets: 1_204_113,
      analysed_share: 1,
      quarantined_packets: 0,
      worker_restarts: 0,
      index: { state: 'open', reason: '', segments: 33 },
    },
    mqtt: {
      state: 'connected',
      reason: '',
      broker: 'mqtt://127.0.0.1:1883',
      base_topic: 'weir/lab1',
      published: 4120,
      queued: 0,
      dropped: 0,
      errors: 0,
    },
    storage: {
      capture_bytes: 1_620_400_112,
      capture_segments: 33,
      budget_bytes: 24_000_000_000,
      forecast_seconds: 1_036_800,
      written_bytes: 1_800_000_000,
      free_bytes: 21_000_000_000,
      total_bytes: 31_000_000_000,
      index_bytes: 18_400_000,
    },
    clock: clockOf(),
    totals: {
      devices: HOME.length,
      packets: 1_204_113,
      bytes: 1_620_000_000,
      destinations: 18,
      findings: { low: 10, medium: 1, high: 3 },
    },
    warnings: [],
  };
}

function clockOf(): StatusResponse['clock'] {
  return {
    now: new Date().toISOString(),
    synced: 'yes',
    source: 'chrony',
    max_error_seconds: 0.004,
    boot_id: '0'.repeat(32),
    last_step: null,
  };
}

function healthOf(status: StatusResponse): HealthResponse {
  return {
    sample: {
      ts: new Date().toISOString(),
      load: [0.31, 0.28, 0.22],
      cpu_busy: 0.13,
      memory_total_bytes: 4_100_000_000,
      memory_available_bytes: 3_200_000_000,
      temperature_celsius: 51.2,
      throttled: [],
      disk_total_bytes: 31_000_000_000,
      disk_free_bytes: 21_000_000_000,
      inodes_free: 1_800_000,
      uptime_seconds: 95_000,
    },
    inventory: {
      taken: new Date().toISOString(),
      model: 'Raspberry Pi 4 Model B Rev 1.4',
      manufacturer: 'Raspberry Pi Foundation',
      cpu: 'BCM2711',
      cores: 4,
      architecture: 'arm64',
      memory_bytes: 4_100_000_000,
      os: 'Debian GNU/Linux 12',
      kernel: '6.6.51+rpt-rpi-v8',
      host_name: 'weir-lab1',
      node: 'v20.19.0',
      disks: [{ name: 'mmcblk0', bytes: 31_900_000_000, type: 'SD' }],
      interfaces: [
        { name: 'eth0', mac: 'dc:a6:32:00:00:01', state: 'up' },
        { name: 'br-weir', mac: 'dc:a6:32:00:00:02', state: 'up' },
      ],
    },
    clock: status.clock,
    processes: [
      { name: 'capture', pid: 640, state: 'running', started: status.appliance.started, memory_bytes: 61_000_000 },
      { name: 'appliance', pid: 812, state: 'running', started: status.appliance.started, memory_bytes: 142_000_000 },
    ],
    schedule: [
      { name: 'daily summary', cron: '5 0 * * *', state: 'waiting', next: new Date(Date.now() + 3e7).toISOString() },
    ],
  };
}

function ledgerOf(state: State, after: number): LedgerResponse {
  const lines = [
    ...state.switches.map((entry) => ({ type: 'phase', by: 'page', ...entry })),
    { ts: new Date(Date.now() - 9e5).toISOString(), type: 'download', by: '192.0.2.9', files: 1, detail: 'segment 4' },
  ];
  const numbered = lines.map((line, n) => ({ n, ...line }));
  return { lines: numbered.filter((line) => line.n > after), head: lines.length - 1 };
}
