// The windows of the invented home, from the same ledger as its recording, and figures of any span.

import type { WindowFigures } from '../../appliance/model/document/window-figures.ts';
import type { RecordingResponse } from '../../appliance/publish/schemas/recording.ts';
import type { MarkRequest, WindowsResponse } from '../../appliance/publish/schemas/windows.ts';
import { documentOf } from './mock-document.ts';
import { idOf } from './mock-figures.ts';
import { HOME } from './mock-home.ts';

type Windows = WindowsResponse['windows'];

export function windowsOf({ phases, tags, gaps }: RecordingResponse, marked: readonly MarkRequest[]): WindowsResponse {
  const live = { made: 'live', device: null } as const;
  const all: Windows = [
    ...phases.map(({ n, since, phase, note }, i) => {
      const to = phases[i + 1]?.since ?? null;
      return { ...live, id: `phase-${n}`, kind: 'phase' as const, name: phase, from: since, to, note };
    }),
    ...tags.map(({ n, tag, from, to }) => ({ ...live, id: `tag-${n}`, kind: 'tag' as const, name: tag, from, to })),
    ...gaps.map(({ from, to, reason }, n) => {
      return { ...live, id: `gap-${n}`, kind: 'gap' as const, name: 'gap', from, to, note: reason };
    }),
    ...marked.map(({ tag, from, to, note = '' }, n) => {
      return {
        ...live,
        made: 'afterwards' as const,
        id: `tag-${500 + n}`,
        kind: 'tag' as const,
        name: tag,
        from,
        to,
        note,
      };
    }),
  ];
  return { ts: new Date().toISOString(), windows: all, left_out: 0 };
}

export function figuresOf(query: URLSearchParams): WindowFigures {
  const device = query.get('device');
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  const document = documentOf(device === null ? HOME : HOME.filter(({ mac }) => idOf(mac) === device), Date.now());
  return {
    schema: 'weir.figures/1',
    window: { id: null, name: null, from, to, device, seconds },
    totals: { packets: 120, bytes: 98_000, payload_bytes: 91_000, conversations: 3, destinations: 2 },
    coverage: {
      segments: 2,
      open_segments: 1,
      not_recorded: { seconds: 22, lost: null },
      deleted: { segments: 0, seconds: 0, packets_at_least: 0, packets_at_most: 0 },
      twice: [],
      unread: [],
    },
    document,
  };
}
