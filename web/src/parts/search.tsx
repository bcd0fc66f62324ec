// The one search, opened by `/` or its button: a field and what it finds, driven by the keyboard (ARIA combobox).

import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { get } from '../api/request.ts';
import type { FindingsResponse, FlowsResponse } from '../api/types.ts';
import { useResource } from '../resource.ts';
import { type Entry, find, searchEntries } from '../search-index.ts';
import { devices, recording } from '../state.ts';
import { DeviceText } from './values.tsx';

/** Hits that are shown, the best; at so many the page asks to type more. */
const MAX_SHOWN = 12;
/** Peers with most bytes; the destinations view has all. */
const MAX_PEERS = '2000';

export function Search() {
  // Which opening is on the screen, 0 for none: the close event of one may arrive after the next has been opened.
  const opening = useSignal(0);
  const count = useRef(0);
  const open = () => {
    opening.value = ++count.current;
  };
  // Listens as soon as the button is seen.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      open();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const shown = opening.value;
  const onClose = () => {
    if (opening.value === shown) opening.value = 0;
  };
  return (
    <>
      <button type="button" class="button quiet" onClick={open} aria-keyshortcuts="/">
        Search <kbd aria-hidden="true">/</kbd>
      </button>
      {shown !== 0 && <SearchDialog key={shown} onClose={onClose} />}
    </>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, dialog, [contenteditable]') !== null;
}

function useEntries(): { entries: readonly Entry[]; problem: string | undefined } {
  const load = async () => {
    const [{ groups }, { findings }] = await Promise.all([
      get<FlowsResponse>('api/v1/flows', {
        by: 'address,name,organisation,country',
        scope: 'internet',
        limit: MAX_PEERS,
      }),
      get<FindingsResponse>('api/v1/findings'),
    ]);
    return { peers: groups, rules: findings };
  };
  const { value, problem } = useResource(load, 'search');
  const known = { devices: devices.value ?? [], peers: [], rules: [], tags: recording.value?.tags ?? [] };
  return { entries: searchEntries({ ...known, ...value }), problem };
}

function SearchDialog({ onClose }: { onClose: () => void }) {
  const element = useRef<HTMLDialogElement>(null);
  const typed = useSignal('');
  const at = useSignal(0);
  const { entries, problem } = useEntries();
  const found = find(entries, typed.value, MAX_SHOWN);
  // Before the next key arrives: an effect after painting would lose the first letters of somebody who types fast.
  useLayoutEffect(() => element.current?.showModal(), []);

  const open = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    element.current?.close();
    location.hash = entry.href;
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Enter') open(found[at.value]);
    else if (step === 0 || found.length === 0) return;
    else at.value = (at.value + step + found.length) % found.length;
    event.preventDefault();
  };
  return (
    <dialog ref={element} class="dialog search" onClose={onClose} aria-label="Search">
      <input
        type="text"
        inputMode="search"
        autocomplete="off"
        role="combobox"
        aria-label="Search devices, names, addresses, owners, countries, rules, tags"
        aria-expanded={found.length > 0}
        aria-controls="search-found"
        aria-autocomplete="list"
        aria-activedescendant={found.length > 0 ? `search-${at.value}` : undefined}
        placeholder="Device, name, address, owner, country, rule, tag …"
        value={typed.value}
        maxLength={256}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKey}
      />
      <div id="search-found" role="listbox" aria-label="Found" class="found" hidden={found.length === 0}>
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard, as a combobox has
          <div
            key={`${entry.kind} ${entry.href} ${entry.label}`}
            id={`search-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at.value}
            onClick={() => open(entry)}
          >
            <span class="found-kind">{entry.kind}</span>
            <span class="found-text">
              <DeviceText text={entry.label} limit={60} />{' '}
              <span class="muted small">
                <DeviceText text={entry.detail} limit={90} />
              </span>
            </span>
          </div>
        ))}
      </div>
      <p class="muted small" role="status">
        {problem ?? statusWords(typed.value, found.length)}
      </p>
    </dialog>
  );
}

function statusWords(typed: string, found: number): string {
  if (typed.trim() === '') return '↑ ↓ choose, Enter opens, Escape closes.';
  if (found === 0) return 'Nothing that was seen holds these words.';
  return found === MAX_SHOWN ? `The best ${found}; type more to narrow them.` : `${found} found.`;
}
