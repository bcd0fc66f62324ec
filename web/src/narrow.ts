// Whether the window is a phone's, where long panels are folded: the same width at which the style sheets turn rows into lines.

import { signal } from '@preact/signals';

const query = matchMedia('(max-width: 760px)');

export const isNarrow = signal(query.matches);
query.addEventListener('change', () => (isNarrow.value = query.matches));
