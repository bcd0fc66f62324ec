// The frame around the views: header, navigation, capture strip, lost-connection notice, and the view that the address asks for.

import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { connect, logout } from './feed.ts';
import { clockTime, duration } from './format/time.ts';
import { route } from './navigation.ts';
import { Boundary } from './parts/boundary.tsx';
import { CaptureStrip } from './parts/capture-strip.tsx';
import { Logo, ViewIcon } from './parts/icons.tsx';
import { later } from './parts/later.tsx';
import { Search } from './parts/search.tsx';
import { RangeBar } from './parts/span/range-bar.tsx';
import { DeviceText } from './parts/values.tsx';
import { lostWords } from './recording.ts';
import { href, VIEW_TITLES, VIEWS, type View } from './route.ts';
import { access, announcement, late, link, status, statusAt } from './state.ts';
import { now } from './time/clock.ts';
import { Devices } from './views/devices.tsx';
import { Login } from './views/login.tsx';

const LATER = {
  claim: later(async () => (await import('./views/claim.tsx')).Claim),
  device: later(async () => (await import('./views/device.tsx')).Device),
  live: later(async () => (await import('./views/live.tsx')).Live),
  destinations: later(async () => (await import('./views/destinations.tsx')).Destinations),
  findings: later(async () => (await import('./views/findings.tsx')).Findings),
  captures: later(async () => (await import('./views/captures.tsx')).Captures),
  health: later(async () => (await import('./views/health.tsx')).Health),
  access: later(async () => (await import('./views/access.tsx')).Access),
};

const PAGES: Readonly<Record<View, ComponentType>> = {
  devices: Devices,
  live: LATER.live.View,
  destinations: LATER.destinations.View,
  findings: LATER.findings.View,
  captures: LATER.captures.View,
  health: LATER.health.View,
  access: LATER.access.View,
};
/** After the log-in, when the first view has what it asked for on all but the slowest lines. */
const LOAD_OTHERS_MS = 3000;

export function App() {
  if (access.value === 'unclaimed') return <LATER.claim.View />;
  if (access.value === 'closed') return <Login />;
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <Header />
      <Navigation />
      <Connection />
      <CaptureStrip />
      <main id="main" tabIndex={-1}>
        {access.value === 'open' && <CurrentView />}
      </main>
      <p class="visually-hidden" role="status">
        {announcement}
      </p>
    </>
  );
}

/** The hash is the route, so a plain jump to `#main` would leave the view. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function CurrentView() {
  const { view, id } = route.value;
  useEffect(() => {
    document.title = `${VIEW_TITLES[view]} – Weir`;
  }, [view]);
  useEffect(() => {
    // All at once, so that a line that breaks later takes no view away.
    const timer = setTimeout(() => Object.values(LATER).forEach(({ load }) => load()), LOAD_OTHERS_MS);
    return () => clearTimeout(timer);
  }, []);
  const Page = PAGES[view];
  const page = view === 'devices' && id !== undefined ? <LATER.device.View id={id} /> : <Page />;
  return (
    <Boundary key={`${view} ${id ?? ''}`}>
      <RangeBar />
      <Late />
      {page}
    </Boundary>
  );
}

function Header() {
  const appliance = status.value?.appliance;
  return (
    <header class="top">
      <a class="brand" href={href('devices')}>
        <Logo />
        <span class="brand-name">Weir</span>
        {appliance !== undefined && (
          <span class="brand-id">
            <DeviceText text={appliance.id} limit={32} />
          </span>
        )}
      </a>
      <span class="heading-tools">
        {access.value === 'open' && <Search />}
        <a class="button quiet" href={href('access')} aria-current={route.value.view === 'access' ? 'page' : undefined}>
          Access
        </a>
        <button type="button" class="button quiet" onClick={() => void logout()}>
          Log out
        </button>
      </span>
    </header>
  );
}

function Navigation() {
  return (
    <nav class="views" aria-label="Views">
      <ul>
        {VIEWS.filter((view) => view !== 'access').map((view) => (
          <li key={view}>
            <a href={href(view)} aria-current={route.value.view === view ? 'page' : undefined}>
              <ViewIcon view={view} />
              <span>{VIEW_TITLES[view]}</span>
              {view === 'findings' && <OpenFindings />}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function OpenFindings() {
  const high = status.value?.totals.findings.high ?? 0;
  if (high === 0) return null;
  return (
    <span class="badge" title={`${high} of high severity`}>
      {high > 99 ? '99+' : high}
      <span class="visually-hidden"> of high severity</span>
    </span>
  );
}

/** Shown while the appliance is heard but an answer is not there in time: the last figures stay, with the time that they are from. */
function Late() {
  const since = late.since.value;
  if (since === undefined || link.value.state === 'lost') return null;
  return (
    <p class="late small" role="status">
      The appliance is slow to answer.{' '}
      {since > 0
        ? `Figures of this view are from ${clockTime(since / 1000)}.`
        : 'Figures of this view are not here yet.'}{' '}
      They are asked for again by themselves.
    </p>
  );
}

/** Shown only while the appliance is not heard; the values stay, with the time they are from. */
function Connection() {
  const { state, retryAt, heardAt } = link.value;
  // Reading the clock draws the countdown each second.
  void now.value;
  if (state !== 'lost') return null;
  const wait = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  return (
    <section class="lost" aria-label="Connection">
      <p role="alert">
        <strong>The appliance is not reachable.</strong>{' '}
        {heardAt > 0 && `What you see is from ${clockTime(heardAt / 1000)}. `}
        {lostWords(status.value?.capture?.state, statusAt.value, Date.now())} Check that this computer is on the
        management network.
      </p>
      <button type="button" class="button" onClick={() => void connect()}>
        Try now
      </button>
      <span class="small muted">Next try in {duration(wait)}</span>
    </section>
  );
}
