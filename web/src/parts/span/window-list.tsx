// The windows that a time axis marks, as text: each can be chosen as the time that is shown.

import { useSignal } from '@preact/signals';
import { plural } from '../../format/quantity.ts';
import { duration, stamp } from '../../format/time.ts';
import { chooseSpan } from '../../time/chosen.ts';
import { kindName, markName, type WindowMark } from '../../time/windows.ts';
import { DeviceLink } from '../device-name.tsx';
import { DeviceText } from '../values.tsx';
import { TakeBack } from './take-back.tsx';

const LISTED = 50;

export function WindowList({ marks }: { marks: readonly WindowMark[] }) {
  const isOpen = useSignal(false);
  if (marks.length === 0) return null;
  const newest = [...marks].reverse();
  return (
    <details class="window-list" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary class="small">{plural(marks.length, 'window')} in this time: phases, tags, notes, gaps</summary>
      {isOpen.value && (
        <ul class="plain-list small">
          {newest.slice(0, LISTED).map((mark) => (
            <li key={mark.id}>
              <span class="muted">{kindName(mark.kind)}</span>{' '}
              {mark.kind !== 'note' && (
                <button
                  type="button"
                  class="link"
                  title="Show this time"
                  onClick={() => chooseSpan(mark.from, mark.isOpen ? null : Math.max(mark.to, mark.from + 1))}
                >
                  <DeviceText text={markName(mark)} limit={64} />
                </button>
              )}{' '}
              {mark.device !== null && <DeviceLink mac={mark.device} />} {stamp(mark.from)}
              {mark.kind !== 'note' && `, ${mark.isOpen ? 'so far ' : ''}${duration(mark.to - mark.from)}`}
              {mark.kind !== 'note' && (
                <>
                  {' '}
                  <a href={`api/v1/pcap?window=${mark.id}`} download={`weir-${mark.id}.pcap`}>
                    pcap
                  </a>
                </>
              )}
              {mark.isAfterwards && <TakeBack mark={mark} />}
              {mark.note !== '' && (
                <>
                  {': '}
                  <DeviceText text={mark.note} limit={160} />
                </>
              )}
            </li>
          ))}
          {newest.length > LISTED && <li class="muted">and {plural(newest.length - LISTED, 'earlier one')}</li>}
        </ul>
      )}
    </details>
  );
}
