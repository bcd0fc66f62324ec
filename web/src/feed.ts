// Keeps `state.ts` up to date: one event stream, opened again with growing pauses when it breaks, and the two lists that
// the stream only changes in part, loaded at every (re)connection so that nothing missed stays missing.

import { withChanges } from '../../appliance/model/changes.ts';
import { isMeasuring } from './accounting.ts';
import { askAnswerAhead } from './api/answer.ts';
import { ApiError, forgetAnswers, get, post } from './api/request.ts';
import type {
  DeviceRow,
  DevicesResponse,
  RecordingResponse,
  ServerEvents,
  StatusResponse,
  TrafficResponse,
  TrafficSecond,
  WindowsResponse,
} from './api/types.ts';
import { toMillis } from './format/time.ts';
import { phaseName } from './format/words.ts';
import { forgetLedger } from './ledger-notes.ts';
import * as state from './state.ts';
import { setApplianceTime } from './time/clock.ts';
import { SILENCE, toSeconds, withoutUnread } from './traffic.ts';

const TRAFFIC_SECONDS = 900;
/** Reaches back over more than two status events. */
const SETTLE_SECONDS = 30;
/** Of status events, while nothing is heard. */
const SILENT_ROUNDS = 5;
const LEDGER_MS = 1500;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** Status comes every 5 s; three of them missing means that the line is dead although nobody said so. */
const SILENCE_MS = 16_000;
/** For the first answer: until it comes, a dead line looks like a busy appliance. */
const CONNECT_MS = 30_000;

let source: EventSource | undefined;
let pauseMs = FIRST_PAUSE_MS;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Asks once whether this browser is logged in; opens the stream if so. */
export async function connect(): Promise<void> {
  clearTimeout(timer);
  try {
    takeStatus(await get<StatusResponse>('api/v1/status', {}, CONNECT_MS));
    enter();
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.kind === 'login') closeAccess();
    else if (thrown instanceof ApiError && thrown.kind === 'unclaimed') state.access.value = 'unclaimed';
    else retryLater();
  }
}

/** The view that is shown asks for its figures at the same time; the stream begins with the status. */
function enter(): void {
  // Before anything is drawn: drawing takes a slow computer as long as an answer.
  askAnswerAhead();
  state.access.value = 'open';
  openStream();
  // The stream's own list is the one that counts.
  if (state.devices.value !== undefined) return;
  void askDevices()
    .then((devices) => (state.devices.value ??= devices))
    .catch(() => undefined);
}

export function closeAccess(): void {
  source?.close();
  source = undefined;
  clearTimeout(timer);
  state.forgetEverything();
  forgetAnswers();
  forgetLedger();
  state.access.value = 'closed';
}

export async function login(password: string): Promise<void> {
  await post('api/v1/login', { password });
  enter();
}

/** Chooses the password; the answer logs this browser in. */
export async function claim(token: string, password: string): Promise<void> {
  await post('api/v1/claim', { token, password });
  enter();
}

export async function logout(): Promise<void> {
  await post('api/v1/logout', {}).catch(() => undefined);
  closeAccess();
}

/** After the stream is open, so that nothing falls between the lists and the first event; it reports the status first. */
async function loadLists(): Promise<void> {
  await Promise.all([loadDevices(), loadTraffic(TRAFFIC_SECONDS), loadWindows()]);
}

async function loadDevices(): Promise<void> {
  state.devices.value = await askDevices();
}

async function askDevices(): Promise<DevicesResponse['devices']> {
  return (await get<DevicesResponse>('api/v1/devices')).devices;
}

/** The last `seconds` as the appliance now counts them. The newest one still grows and is left to its event. */
async function loadTraffic(seconds: number): Promise<void> {
  const traffic = await get<TrafficResponse>('api/v1/traffic', { seconds: String(seconds) });
  const started = (toMillis(state.status.value?.appliance.started) ?? 0) / 1000;
  const loaded = withoutUnread(toSeconds(traffic).slice(0, -1), started);
  const newest = Math.max(loaded.at(-1)?.second ?? 0, state.traffic.value.at(-1)?.second ?? 0);
  const known = new Set(loaded.map(({ second }) => second));
  const others = state.traffic.value.filter(({ second }) => !known.has(second) && second > newest - TRAFFIC_SECONDS);
  state.traffic.value = [...others, ...loaded].sort((a, b) => a.second - b.second);
}

/** Gaps, phases and tags as the ledger has them: when something in the status says that they changed, and now and then. */
async function loadRecording(): Promise<void> {
  state.recording.value = await get<RecordingResponse>('api/v1/recording');
}

/** Where it fails, the axes show the windows that were known. */
export async function loadWindows(): Promise<void> {
  const { windows } = await get<WindowsResponse>('api/v1/windows');
  state.windows.value = windows;
}

let recordingMark = '';
let windowsMark = '';

function followRecording({ capture, phase, tags, windows_line, ts }: StatusResponse): void {
  const gap = capture?.gaps.at(-1);
  const minute = ts.slice(0, 16);
  const open = tags.map((tag) => `${tag.tag} ${tag.since}`);
  const changes = [
    capture?.state,
    capture?.started,
    gap?.from,
    gap?.to,
    phase.phase,
    phase.since,
    windows_line,
    ...open,
  ].join();
  const mark = `${changes} ${minute}`;
  if (mark === recordingMark) return;
  recordingMark = mark;
  if (changes !== windowsMark) {
    windowsMark = changes;
    const again = () => {
      windowsMark = '';
    };
    setTimeout(() => void loadWindows().catch(again), LEDGER_MS);
  }
  const load = () =>
    void loadRecording().catch(() => {
      recordingMark = '';
    });
  load();
  // Capture may have reported it before its line was read from the ledger.
  setTimeout(load, LEDGER_MS);
}

let unsettled = 0;

/**
 * An event reports a second once, before the last device's packets of it were read: the figures settle a little later. While all is silent
 * that is looked at more seldom.
 */
function settleTraffic(): void {
  if (document.hidden || !isMeasuring(state.status.value)) return;
  const isSilent = state.traffic.value.slice(-SETTLE_SECONDS).every((one) => one.in.total + one.out.total === 0);
  unsettled++;
  if (isSilent && unsettled < SILENT_ROUNDS) return;
  unsettled = 0;
  loadTraffic(SETTLE_SECONDS).catch(() => undefined);
}

function openStream(): void {
  const isAgain = source !== undefined;
  source?.close();
  recordingMark = '';
  const stream = new EventSource('events?changes=1');
  source = stream;
  stream.onopen = () => {
    pauseMs = FIRST_PAUSE_MS;
    state.changedFindings.value = new Map();
    if (isAgain) state.connections.value += 1;
    heard();
    watchSilence();
  };
  stream.onerror = () => {
    stream.close();
    retryLater();
  };
  const askForLists = () =>
    void loadLists().catch(() => {
      stream.close();
      retryLater();
    });
  let whole: StatusResponse | undefined;
  const take = (status: StatusResponse) => {
    const isFirst = whole === undefined;
    whole = status;
    takeStatus(status);
    if (isFirst) askForLists();
    followRecording(status);
    settleTraffic();
  };
  on(stream, 'status', take);
  on(stream, 'changes', ({ changes }) => {
    if (whole !== undefined) take(withChanges(whole, changes));
  });
  on(stream, 'traffic', addSecond);
  on(stream, 'silence', (second) => addSecond({ second, in: SILENCE, out: SILENCE }));
  on(stream, 'device', ({ devices }) => mergeDevices(devices));
  on(stream, 'segment', () => state.segmentChanges.raise());
  on(stream, 'finding', takeFinding);
  on(stream, 'phase', onPhase);
}

function on<Name extends keyof ServerEvents>(
  stream: EventSource,
  name: Name,
  take: (event: ServerEvents[Name]) => void,
): void {
  stream.addEventListener(name, (message: MessageEvent<string>) => {
    heard();
    // The appliance made this text from the schema that ServerEvents is derived from.
    take(JSON.parse(message.data) as ServerEvents[Name]);
  });
}

function heard(): void {
  state.link.value = { state: 'live', retryAt: 0, heardAt: Date.now() };
}

function watchSilence(): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (Date.now() - state.link.value.heardAt < SILENCE_MS) return watchSilence();
    source?.close();
    retryLater();
  }, SILENCE_MS / 4);
}

function retryLater(): void {
  clearTimeout(timer);
  const { heardAt } = state.link.value;
  state.link.value = { state: 'lost', retryAt: Date.now() + pauseMs, heardAt };
  timer = setTimeout(() => void connect(), pauseMs);
  pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
}

function takeStatus(status: StatusResponse): void {
  state.status.value = status;
  state.statusAt.value = Date.now();
  setApplianceTime(status.ts);
}

/** While capture is stopped the appliance still counts zeros; they are no measurement and are not taken. */
function addSecond(second: TrafficSecond): void {
  if (!isMeasuring(state.status.value)) return;
  const kept = state.traffic.value.filter(
    (known) => known.second !== second.second && known.second > second.second - TRAFFIC_SECONDS,
  );
  state.traffic.value = [...kept, second];
}

function takeFinding({ type, finding }: ServerEvents['finding']): void {
  const changed = new Map(state.changedFindings.value);
  changed.set(finding.id, type === 'end' ? null : finding);
  state.changedFindings.value = changed;
}

function mergeDevices(changed: readonly DeviceRow[]): void {
  const byId = new Map((state.devices.value ?? []).map((device) => [device.id, device]));
  for (const device of changed) byId.set(device.id, device);
  state.devices.value = [...byId.values()];
}

function onPhase({ phase, interaction, since }: ServerEvents['phase']): void {
  const known = state.status.value;
  if (known !== undefined) state.status.value = { ...known, phase: { phase, interaction, since } };
  state.phaseChanges.raise();
  state.announcement.value = `Phase is now ${phaseName(phase)}.`;
}
