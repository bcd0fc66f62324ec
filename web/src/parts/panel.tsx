// The frames that every view is made of: the page heading, a titled panel, a note that something went wrong.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { isNarrow } from '../narrow.ts';

interface HeadingProps {
  readonly title: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** The one `h1` of a view; `navigation.ts` moves the keyboard to it. */
export function ViewHeading({ title, children }: HeadingProps) {
  return (
    <header class="view-heading">
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </header>
  );
}

interface PanelProps {
  readonly title: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly class?: string;
  /** On a phone only its heading is drawn until somebody opens it. */
  readonly folds?: boolean;
}

export function Panel({ title, aside, children, class: extra = '', folds = false }: PanelProps) {
  const id = useId();
  const isAsked = useSignal(false);
  const isFoldable = folds && isNarrow.value;
  // What somebody opened stays open when the phone is turned.
  const isOpen = !isFoldable || isAsked.value;
  return (
    <section class={`panel ${extra}${isOpen ? '' : ' folded-panel'}`.trim()} aria-labelledby={id}>
      <header class="panel-heading">
        <h2 id={id}>
          {isFoldable ? (
            <button type="button" class="fold" aria-expanded={isOpen} onClick={() => (isAsked.value = !isOpen)}>
              {title}
            </button>
          ) : (
            title
          )}
        </h2>
        {aside}
      </header>
      {isOpen && children}
    </section>
  );
}

interface ProblemProps {
  readonly message: string;
  readonly onRetry?: (() => void) | undefined;
}

export function Problem({ message, onRetry }: ProblemProps) {
  return (
    <div class="problem" role="alert">
      <p>{message}</p>
      {onRetry !== undefined && (
        <button type="button" class="button quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="empty" role="status">
      Loading {what} …
    </p>
  );
}

export interface Fact {
  readonly name: string;
  readonly value: ComponentChildren;
  readonly title?: string;
  /** Takes the whole row. */
  readonly wide?: boolean;
}

/** Names and values in a grid. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map((fact) => (
        <div key={fact.name} title={fact.title} class={fact.wide ? 'wide' : undefined}>
          <dt>{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
