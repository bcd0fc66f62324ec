// One thing loaded from the API for one view: loads when the view opens or its key changes, keeps the last value while it
// loads again, and says what went wrong without throwing it away.

import { useEffect, useState } from 'preact/hooks';
import { ApiError } from './api/request.ts';
import { closeAccess } from './feed.ts';

export interface Resource<T> {
  readonly value: T | undefined;
  /** A sentence for the person at the page; undefined while all is well. */
  readonly problem: string | undefined;
  readonly reload: () => void;
}

/** `key` says what is loaded: a new key forgets the old value. `version` asks for a fresh copy of the same. */
export function useResource<T>(load: () => Promise<T>, key: string, version = 0): Resource<T> {
  const [held, setHeld] = useState<{ key: string; value: T }>();
  const [problem, setProblem] = useState<string>();
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let wanted = true;
    load()
      .then((value) => {
        if (!wanted) return;
        setHeld({ key, value });
        setProblem(undefined);
      })
      .catch((thrown: unknown) => {
        if (wanted) setProblem(explain(thrown));
      });
    return () => {
      wanted = false;
    };
  }, [key, version, attempt]);

  const value = held?.key === key ? held.value : undefined;
  return { value, problem, reload: () => setAttempt((count) => count + 1) };
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
