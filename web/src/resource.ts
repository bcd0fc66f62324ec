// One thing loaded from the API for one view: loads when the view opens or its key changes, keeps the last value while it
// loads again, and says what went wrong without throwing it away.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Asking } from './api/asking.ts';
import { ApiError } from './api/request.ts';
import { closeAccess } from './feed.ts';
import { late } from './state.ts';

export interface Resource<T> {
  readonly value: T | undefined;
  /** A sentence for the person at the page; undefined while all is well, and while an answer is only late. */
  readonly problem: string | undefined;
  readonly reload: () => void;
}

/** `key` says what is loaded: a new key forgets the old value. `version` asks for a fresh copy of the same. */
export function useResource<T>(load: () => Promise<T>, key: string, version = 0): Resource<T> {
  const [held, setHeld] = useState<{ key: string; value: T }>();
  const [problem, setProblem] = useState<string>();
  const [attempt, setAttempt] = useState(0);
  const newest = useRef(load);
  newest.current = load;
  const asking = useRef<Asking<T> | undefined>(undefined);

  useEffect(() => {
    let heardAt = 0;
    const one = new Asking<T>(() => newest.current(), isPassing, {
      onValue: (value) => {
        heardAt = Date.now();
        setHeld({ key, value });
        setProblem(undefined);
        late.forget(one);
      },
      onLate: () => late.add(one, heardAt),
      onProblem: (thrown) => {
        late.forget(one);
        setProblem(explain(thrown));
      },
    });
    asking.current = one;
    return () => {
      one.end();
      late.forget(one);
    };
  }, [key]);
  useEffect(() => asking.current?.ask(), [key, version, attempt]);

  const value = held?.key === key ? held.value : undefined;
  return { value, problem, reload: () => setAttempt((count) => count + 1) };
}

function isPassing(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.kind === 'offline';
}

/** A lost login closes the page; anything else becomes its sentence. */
export function explain(thrown: unknown): string {
  if (!(thrown instanceof ApiError)) return `The page failed: ${String(thrown)}. Reload it.`;
  if (thrown.kind === 'login') closeAccess();
  return thrown.message;
}

/** A number that rises every `seconds` while the page is seen, for lists that change without an event. */
export function useEvery(seconds: number): number {
  const [beat, setBeat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setBeat((count) => count + 1);
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return beat;
}
