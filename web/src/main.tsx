// The page: follow the address bar, keep the clock, connect, draw. `app.tsx` is the table of contents.

import { render } from 'preact';
import { App } from './app.tsx';
import { connect } from './feed.ts';
import { followAddressBar } from './navigation.ts';
import { startClock } from './time/clock.ts';
import { restoreZone } from './time/kept-zone.ts';
import './style/tokens.css';
import './style/base.css';
import './style/frame.css';
import './style/parts.css';
import './style/views.css';
import './style/evidence.css';
import './style/answers.css';
import './style/range.css';
import './style/narrow.css';

followAddressBar();
restoreZone();
startClock();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
void connect();
