// Which questions of the view that is shown wait for an answer, and how old the figures are that it keeps meanwhile.

import { computed, type ReadonlySignal, signal } from '@preact/signals';

export interface Late {
  /** When the oldest of the figures that are shown came, in milliseconds since 1970; 0 where one never came; undefined: all are fresh. */
  readonly since: ReadonlySignal<number | undefined>;
  add(question: object, heardAt: number): void;
  forget(question: object): void;
}

export function lateAnswers(): Late {
  const questions = signal<ReadonlyMap<object, number>>(new Map());
  return {
    since: computed(() => (questions.value.size === 0 ? undefined : Math.min(...questions.value.values()))),
    add: (question, heardAt) => (questions.value = new Map(questions.peek()).set(question, heardAt)),
    forget: (question) => {
      if (!questions.peek().has(question)) return;
      questions.value = new Map([...questions.peek()].filter(([one]) => one !== question));
    },
  };
}
