// The appliance daemon: everything that happens after capture. Its parts are started in the order of the list in
// `startAppliance` and stopped in exactly the reverse one; none of them is needed for capture to go on.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { chosenProfile } from './analysis/ports/ports.ts';
import { readVault, VAULT_FILE } from './analysis/secrets/vault-file.ts';
import { readWords, WORDS_FILE } from './analysis/secrets/word-file.ts';
import type { LoadedConfig } from './config/load.ts';
import { type Config, homeCountry } from './config/schema.ts';
import { version } from './config/version.ts';
import { Campaigns } from './experiment/campaign/campaigns.ts';
import { CaptureClient } from './experiment/capture-client.ts';
import { Comparisons } from './experiment/comparisons.ts';
import { Exports } from './experiment/exports.ts';
import { isNmapInstalled } from './experiment/scan/nmap-child.ts';
import { ScanTriggers } from './experiment/scan/scan-triggers.ts';
import { ScannerClient } from './experiment/scan/scanner-client.ts';
import { Scans, type ScansRoom } from './experiment/scan/scans.ts';
import { Schedule, SYNC_GRACE_MS } from './experiment/schedule.ts';
import { Verification } from './experiment/verification.ts';
import { FiguresThread } from './experiment/windows/figures-thread.ts';
import { ClockGuard } from './health/clock-guard.ts';
import { collectSettings } from './health/doctor/collect/settings.ts';
import { collectFacts } from './health/doctor/collect.ts';
import { Doctor } from './health/doctor/doctor.ts';
import { makeReport } from './health/doctor/report.ts';
import { Health } from './health/health.ts';
import { ServiceNotify } from './health/service-notify.ts';
import { toError, WeirError } from './model/errors.ts';
import { reportUnexpectedTo } from './model/expected-error.ts';
import { APPLIANCE_RUN_FOLDER, CAPTURE_SOCKET } from './model/files/run-files.ts';
import { freeFloor } from './model/free-floor.ts';
import { crashReachSeconds, type LedgerLine } from './model/ledger.ts';
import { printable } from './model/text.ts';
import { systemClock } from './model/time/clock.ts';
import { type Part, part, startAll } from './parts.ts';
import { bootWarnings, readBootReport } from './provision/report-reader.ts';
import { ApplianceAnswers } from './publish/answers/appliance-answers.ts';
import { Broadcast } from './publish/broadcast.ts';
import { CaptureWatch } from './publish/capture-watch.ts';
import { AccessStore } from './publish/http/access/access-store.ts';
import { LoginBrake } from './publish/http/access/login-brake.ts';
import { Sessions } from './publish/http/access/sessions.ts';
import { EventStream } from './publish/http/event-stream.ts';
import { HttpServer } from './publish/http/server.ts';
import { metricsText } from './publish/metrics/metrics.ts';
import { MqttPublisher } from './publish/mqtt/publisher.ts';
import { Notifier } from './publish/notify/notifier.ts';
import { Refusals } from './publish/refusals.ts';
import { presentDevices } from './publish/scan-view.ts';
import type { DeviceRow } from './publish/schemas/devices.ts';
import { RenderThread } from './store/figures/render-thread.ts';
import type { FoldedSegment } from './store/index/index-records.ts';
import { LiveAnalysis } from './store/live-analysis.ts';
import type { CatalogSegment } from './store/tail/segment-catalog.ts';

export interface Log {
  info(text: string): void;
  warn(text: string): void;
}

export interface RunningAppliance {
  readonly url: string;
  readonly socketPath: string;
  /** A calendar job by its name, now, whatever the clock says. Resolves when it is done; a name that is none does nothing. */
  runJob(name: string): Promise<void>;
  /** Resolves to nothing when a device is forgotten: stop, and start again, so that no part knows it any more. */
  readonly forgotten: Promise<''>;
  stop(): Promise<void>;
}

export interface ApplianceOptions {
  readonly config: Config;
  /** The file behind it, read again at each check-up; null or absent where there is none. */
  readonly configPath?: string | null;
  readonly log: Log;
  /** Hears the password when one is made: at the first start, and never again. */
  readonly showPassword: (password: string) => void;
  /** Where first boot reported, if not in its usual place. */
  readonly bootReportFile?: string;
}

/** Capture makes the identity at its first start, which may be this very moment. */
const IDENTITY_WAIT_MS = 10_000;
const ANALYZER = new URL('./store/thread/make-analyzer.js', import.meta.url).href;

/**
 * Runs until SIGINT, SIGTERM or the end of the parent (pm2). Resolves when everything is closed.
 * @throws WeirError PORT_IN_USE, ALREADY_RUNNING, INDEX_LOCKED, DATA_UNWRITABLE, CONFIG_INVALID: what was started is
 * stopped again before.
 */
export async function runAppliance(loaded: LoadedConfig): Promise<void> {
  // From the first moment: a signal while starting ends the run as well.
  const ended = endOfRun();
  const logger = pino({ level: loaded.config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const log: Log = {
    info: (text) => logger.info(printable(text, 1000)),
    warn: (text) => logger.warn(printable(text, 1000)),
  };
  reportUnexpectedTo((line) => log.warn(line));
  try {
    const options = { config: loaded.config, configPath: loaded.path, log, showPassword: printPassword };
    for (let reason = ''; reason === ''; ) {
      const running = await startAppliance(options);
      log.info(`the page is at ${running.url}`);
      process.send?.('ready');
      reason = await Promise.race([ended, running.forgotten]);
      log.info(reason === '' ? 'a device was forgotten: beginning again without it' : `stopping: ${reason}`);
      await running.stop();
    }
  } finally {
    // The channel to the supervisor would keep the process alive.
    if (process.connected) process.disconnect();
  }
}

/** To the console and nowhere else: not through the log, which may be kept. */
function printPassword(password: string): void {
  process.stdout.write(`\n  Password of the page: ${password}\n  It is shown this once; only its hash is kept.\n\n`);
}

function endOfRun(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'));
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('disconnect', () => resolve('the parent process ended'));
  });
}

export async function startAppliance({
  config,
  configPath = null,
  log,
  showPassword,
  bootReportFile,
}: ApplianceOptions): Promise<RunningAppliance> {
  const dataDir = config.data.dir;
  makeDataFolder(dataDir);
  // Read here once so that a mistake in them stops the start, with file and line, instead of the analysis thread later.
  readVault(join(dataDir, VAULT_FILE));
  readWords(join(dataDir, WORDS_FILE));
  const id = await readApplianceId(dataDir, log);
  const problem = (text: string) => log.warn(text);

  const events = new EventStream();
  const [profile, home] = [chosenProfile(config.analysis), homeCountry(config)];
  const rendering = new RenderThread(profile, dataDir, problem, home, config.analysis.rules_dir);
  const figuresThread = new FiguresThread({ dataDir, profile, home, rulesDir: config.analysis.rules_dir });
  const health = new Health(dataDir);
  const doctor = makeDoctor(config, configPath);
  const capture = new CaptureClient(join(dataDir, CAPTURE_SOCKET));
  let beginsAgain = false;
  let tellForgotten: (nothing: '') => void = () => undefined;
  const forgotten = new Promise<''>((resolve) => (tellForgotten = resolve));
  const listener = {
    forgotten: () => {
      beginsAgain = true;
      tellForgotten('');
    },
    ledger: (lines: readonly LedgerLine[]) => {
      campaigns.ledger(lines);
      broadcast.ledger(lines);
    },
    segment: (segment: CatalogSegment) => broadcast.segment(segment),
    stored: (segment: FoldedSegment) => broadcast.stored(segment),
    problem,
  };
  const analysis = new LiveAnalysis({ dataDir, analyzer: ANALYZER, tools: rendering }, listener);
  const comparisons = new Comparisons({ dataDir, ledger: () => analysis.ledgerHead });
  const verification = new Verification(dataDir);
  const exports = new Exports(dataDir);
  const watch = new CaptureWatch(capture, () => broadcast.changed());
  const present = () => presentDevices(api.devices());
  const scans = makeScans(config, configPath, {
    capture,
    devices: () => api.devices(),
    forgotten: () => analysis.forgotten.all(),
    problem,
  });
  const triggers = new ScanTriggers(scans, { onJoin: config.scan.on_join, present, problem });
  const schedule = makeSchedule(
    config,
    async () => {
      await mqtt.publishDay();
      await notifier.sendDay(Date.now());
    },
    () => triggers.scanAll(config.scan.schedule_profile, 'schedule'),
    problem,
  );
  const campaigns = new Campaigns({
    dataDir,
    timezone: config.schedule.timezone,
    capture,
    status: () => watch.status,
    segments: () => analysis.catalog.all(),
    broker: { call: (payload) => mqtt.call(payload), listen: (topic, hear) => mqtt.listen(topic, hear) },
    problem,
    settleSeconds: crashReachSeconds(config.capture.sync_seconds_idle, config.capture.sync_seconds_intensive),
  });
  const clockGuard = new ClockGuard(systemClock, (step) => {
    problem(`the clock was set by ${step.seconds.toFixed(1)} s; calendar jobs restart`);
    schedule.restart();
    campaigns.clockWasSet();
  });
  const refusals = new Refusals();
  const started = new Date().toISOString();
  const boot = readBootReport(bootReportFile);
  const floor = freeFloor(config.retention);
  const known = {
    id,
    version,
    started,
    dataDir,
    floor,
    analysis,
    capture,
    campaigns,
    figuresThread,
    comparisons,
    verification,
    exports,
    watch,
    health,
    doctor,
    clockGuard,
    schedule,
    scans,
    scansByBroker: config.scan.mqtt,
    refusals,
  };
  const api = new ApplianceAnswers({
    ...known,
    mqtt: () => mqtt.view(),
    notifications: () => notifier.view(),
    bootWarnings: bootWarnings(boot),
  });
  const mqtt = new MqttPublisher(
    { ...config.mqtt, id, version, pageUrl: () => page.url, problem, refusals },
    api,
    analysis,
  );
  const pageUrl = () => config.notify.page_url || page.url;
  const notifier = new Notifier(config.notify, { api, store: () => analysis.store, pageUrl, problem });
  const broadcast = new Broadcast(api, analysis, scans, events, mqtt, notifier);
  const access = await AccessStore.open(dataDir, showPassword);
  const metrics = () => metricsText(api, analysis);
  const testNotifications = () => notifier.test();
  const page = makePage(
    config,
    { api, scans, access, events, metrics, refusals, testNotifications, bootReport: () => boot },
    log,
  );
  const notify = new ServiceNotify();

  const parts: readonly Part[] = [
    part('health', health),
    part('capture watch', watch),
    part('rendering', rendering),
    part('figures of windows', figuresThread),
    part('comparisons', comparisons),
    part('verification', verification),
    part('exports', exports),
    part('analysis', analysis),
    part('page', page),
    part('broker', mqtt),
    part('notifier', notifier),
    // Before news are reported: what earlier scans found is none.
    part('scans', scans),
    part('events', broadcast),
    part('campaigns', campaigns),
    part('scan triggers', triggers),
    part('clock guard', clockGuard),
    part('doctor', doctor),
    scheduleStart(schedule, campaigns, health),
    { name: 'service', start: () => notify.start(() => analysis.isRunning), stop: () => notify.stop(!beginsAgain) },
  ];
  const stop = await startAll(parts, log);
  return { url: page.url, socketPath: page.socketPath, runJob: (name) => schedule.runNow(name), forgotten, stop };
}

/** In this process, asynchronously: what it does is start a dozen small programs and read files of the kernel. */
function makeDoctor(config: Config, path: string | null): Doctor {
  const settings = () => (path === null ? { path, problem: '', config } : collectSettings(path));
  return new Doctor(async (measuresCard) => makeReport(await collectFacts(settings(), { measuresCard }), version));
}

/** @throws WeirError CONFIG_INVALID where the expression or the time zone is none. */
function makeSchedule(
  { schedule, scan }: Config,
  publishDay: () => Promise<void>,
  scanAll: () => Promise<void>,
  problem: (text: string) => void,
): Schedule {
  const { daily_summary: cron, timezone } = schedule;
  const jobs = [{ name: 'daily summary', cron, timezone, run: publishDay }];
  if (scan.schedule !== '') jobs.push({ name: 'port scan', cron: scan.schedule, timezone, run: scanAll });
  return new Schedule(jobs, problem);
}

/** Where no unit listens the scanner is a child, started by the program that this one was started by. */
function makeScans(
  { data, capture: { interface: name }, scan }: Config,
  configPath: string | null,
  room: Pick<ScansRoom, 'forgotten' | 'problem'> & { capture: CaptureClient; devices: () => readonly DeviceRow[] },
): Scans {
  const words = [process.execPath, process.argv[1] ?? '', 'scan-worker'];
  return new Scans({
    dataDir: data.dir,
    interface: name,
    packetsPerSecond: scan.packets_per_second,
    atOnce: scan.at_once,
    scanner: new ScannerClient(configPath === null ? words : [...words, '--config', configPath]),
    hasProgram: isNmapInstalled,
    send: (request) => room.capture.ask(request),
    addressesOf: (device) =>
      room
        .devices()
        .find(({ mac }) => mac === device)
        ?.ips.toReversed() ?? [],
    forgotten: room.forgotten,
    problem: room.problem,
  });
}

type PageRoom = ConstructorParameters<typeof HttpServer>[0];

function makePage({ http, data }: Config, room: Omit<PageRoom, 'sessions' | 'brake' | 'now'>, log: Log): HttpServer {
  return new HttpServer(
    {
      ...room,
      sessions: new Sessions(data.dir, { now: performance.now(), passwordMark: () => room.access.passwordMark }),
      brake: new LoginBrake(),
      now: () => performance.now(),
    },
    {
      host: http.host,
      port: http.port,
      allowedHosts: http.allowed_hosts,
      dataDir: data.dir,
      certificateFile: http.certificate_file,
      keyFile: http.key_file,
      report: (error, url) => log.warn(`${printable(url, 200)}: ${error.message}`),
    },
  );
}

/** Calendar jobs wait for a synchronised clock, but not for ever: a machine without time service has days too. */
function scheduleStart(schedule: Schedule, campaigns: Campaigns, health: Health): Part {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (health.sync.synced !== 'yes' && performance.now() - began < SYNC_GRACE_MS) return;
    clearInterval(timer);
    schedule.begin();
    campaigns.clockBegins();
  };
  return {
    name: 'schedule',
    start: () => {
      timer = setInterval(look, 1000);
    },
    stop: () => {
      clearInterval(timer);
      return schedule.stop();
    },
  };
}

function makeDataFolder(dataDir: string): void {
  try {
    makeFolders(join(dataDir, APPLIANCE_RUN_FOLDER));
  } catch (thrown) {
    throw new WeirError(
      'DATA_UNWRITABLE',
      `${dataDir}: the data folder cannot be made (${toError(thrown).message}); nothing was started. Check data.dir and its owner.`,
      { cause: thrown },
    );
  }
}

/** One folder after the other: Node's recursive mkdir never comes back from a parent that takes no folders (/proc). */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o750 });
}

async function readApplianceId(dataDir: string, log: Log): Promise<string> {
  const path = join(dataDir, 'appliance.json');
  const until = performance.now() + IDENTITY_WAIT_MS;
  while (!existsSync(path) && performance.now() < until) await pause(100);
  try {
    const { id } = JSON.parse(readFileSync(path, 'utf8')) as { id?: unknown };
    if (typeof id === 'string' && /^[a-z0-9_-]{1,64}$/.test(id)) return id;
    throw new TypeError('it holds no id');
  } catch (thrown) {
    log.warn(
      `${path}: ${toError(thrown).message}; the appliance goes by the name "weir" until capture has run once and this was restarted`,
    );
    return 'weir';
  }
}
