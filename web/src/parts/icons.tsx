// Small line drawings: the logo, the views, the device categories. Decoration only, so hidden from screen readers.

import type { View } from '../route.ts';

function Icon({ d, size = 20 }: { d: string; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={d} fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

/** Water backs up behind a low dam and falls over its edge. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path class="dam" d="M12.5 15.5v11h-5.5l1.2-11z" />
      <path class="fall" d="M3 11h11.5c2.5 0 3.5 2 3.5 4.5v4c0 2.5.5 4.5 3 4.5h8" />
      <path class="water" d="M3 6.5h8m3.5 0h4" />
    </svg>
  );
}

const VIEW_ICONS: Readonly<Record<View, string>> = {
  live: 'M3 12h4l3-7 4 14 3-7h4',
  devices: 'M4 5h10v9H4zM2 18h12M17 9h5v10h-5zM19 16h1',
  destinations:
    'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9z',
  findings: 'M12 4 2.5 20h19zM12 10v5M12 17.5v.2',
  captures:
    'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  health:
    'M12 20C5 15.5 3 12 3 8.8A4.7 4.7 0 0 1 12 7a4.7 4.7 0 0 1 9 1.8c0 3.2-2 6.7-9 11.2zM7 11.5h2.5l1.5-2.5 2 4 1.2-1.5H17',
  access: 'M6 11h12v9H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11M12 14.5v2.5',
};

export function ViewIcon({ view }: { view: View }) {
  return <Icon d={VIEW_ICONS[view]} />;
}

const CATEGORY_ICONS: readonly (readonly [RegExp, string])[] = [
  [/camera|doorbell/, 'M4 8h3l1.5-2.5h7L17 8h3v11H4zM12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z'],
  [/bulb|light/, 'M9 17h6M10 20h4M12 3a6 6 0 0 0-3.5 10.9c.4.3.5.7.5 1.1v2h6v-2c0-.4.1-.8.5-1.1A6 6 0 0 0 12 3z'],
  [/plug|switch|outlet/, 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4'],
  [/hub|bridge|gateway|router/, 'M4 14h16v6H4zM8 17h.1M12 17h4M12 14V9M8.5 7.5a5 5 0 0 1 7 0M6 5a8.5 8.5 0 0 1 12 0'],
  [/voice|speaker|assistant/, 'M7 3h10v18H7zM12 17a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 6.5v.1'],
  [/scale|health/, 'M4 5h16v15H4zM8 9a5.5 5.5 0 0 1 8 0l-2.5 2.5h-3z'],
  [/phone|tablet/, 'M7 2.5h10v19H7zM11 18.5h2'],
  [/printer/, 'M7 9V4h10v5M5 9h14v8h-3M8 17H5v-8M8 14h8v6H8z'],
  [/sensor|thermostat/, 'M12 14.5V5a2 2 0 1 0-4 0v9.5a3.8 3.8 0 1 0 4 0zM15 7h3M15 11h3'],
  [/computer|laptop/, 'M5 5h14v10H5zM2.5 19h19'],
  [/tv|media|stick/, 'M3 5h18v12H3zM8 21h8M12 17v4'],
];
/** A chip: something on the network, of which no more is known. */
const UNKNOWN_DEVICE = 'M7 7h10v10H7zM10 7V4M14 7V4M10 20v-3M14 20v-3M7 10H4M7 14H4M20 10h-3M20 14h-3';

export function CategoryIcon({ category }: { category: string | null | undefined }) {
  const word = (category ?? '').toLowerCase();
  const found = CATEGORY_ICONS.find(([pattern]) => pattern.test(word));
  return <Icon d={found?.[1] ?? UNKNOWN_DEVICE} size={22} />;
}

export function DownloadIcon() {
  return <Icon d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14" size={16} />;
}
