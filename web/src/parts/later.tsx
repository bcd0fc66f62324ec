// Views that are not the first one are loaded when the first one is on the screen, so that a narrow line and a slow computer have the
// first figures soon. Used by app.tsx and the first view.

import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { headingIsThere } from '../navigation.ts';
import { Loading, Problem } from './panel.tsx';

type Loaded<P> =
  | { readonly state: 'none' | 'asked' | 'failed' }
  | { readonly state: 'there'; readonly View: ComponentType<P> };

interface LaterView<P> {
  readonly View: ComponentType<P>;
  /** Loads it, where it is not there yet. */
  readonly load: () => void;
}

const FAILED =
  'This part of the page could not be loaded: the appliance cannot be reached, or its version is another one by now.';

/** `what`: for who waits. */
export function later<P extends object>(from: () => Promise<ComponentType<P>>, what = 'the view'): LaterView<P> {
  const loaded = signal<Loaded<P>>({ state: 'none' });
  const load = () => {
    const { state } = loaded.peek();
    if (state === 'asked' || state === 'there') return;
    loaded.value = { state: 'asked' };
    from().then(
      (View) => (loaded.value = { state: 'there', View }),
      () => (loaded.value = { state: 'failed' }),
    );
  };
  function View(props: P) {
    const now = loaded.value;
    useEffect(() => {
      if (now.state === 'none') load();
      if (now.state === 'there') headingIsThere();
    }, [now.state]);
    if (now.state === 'there') return <now.View {...props} />;
    // A browser remembers that a part is missing: only the whole page asks for it again.
    if (now.state === 'failed') return <Problem message={FAILED} onRetry={() => location.reload()} />;
    return <Loading what={what} />;
  }
  return { View, load };
}
