// Long work of the appliance, begun by a button: looked at each second while it runs. Used by verification.tsx and evidence-export.tsx.

import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../../api/request.ts';
import { explain, useResource } from '../../resource.ts';

const LOOK_MS = 1000;

interface Job<T> {
  readonly view: T | undefined;
  /** Of looking or of beginning. */
  readonly problem: string | undefined;
  readonly isRunning: boolean;
  readonly begin: (wanted: object) => void;
  readonly reload: () => void;
}

export function useJob<T extends { readonly state: string }>(path: string): Job<T> {
  const [looks, setLooks] = useState(0);
  const [refusal, setRefusal] = useState<string>();
  const { value: view, problem, reload } = useResource(() => get<T>(path), path, looks);
  const isRunning = view?.state === 'running';
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setLooks((n) => n + 1), LOOK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  const begin = (wanted: object) => {
    setRefusal(undefined);
    void post(path, wanted).then(reload, (thrown: unknown) => setRefusal(explain(thrown)));
  };
  return { view, problem: refusal ?? problem, isRunning, begin, reload };
}
