// Takes back a tag that was marked afterwards. Asks first: the ledger keeps both lines, and the mark does not come back by itself.

import { useSignal } from '@preact/signals';
import { remove } from '../../api/request.ts';
import { loadWindows } from '../../feed.ts';
import { stamp } from '../../format/time.ts';
import { explain } from '../../resource.ts';
import { announcement } from '../../state.ts';
import { markName, type WindowMark } from '../../time/windows.ts';
import { Dialog } from '../dialog.tsx';

export function TakeBack({ mark }: { mark: WindowMark }) {
  const isAsked = useSignal(false);
  const name = markName(mark);
  return (
    <>
      {' '}
      <button type="button" class="link" aria-label={`Take back ${name}`} onClick={() => (isAsked.value = true)}>
        take back
      </button>
      {isAsked.value && <Question mark={mark} name={name} onClose={() => (isAsked.value = false)} />}
    </>
  );
}

function Question({ mark, name, onClose }: { mark: WindowMark; name: string; onClose: () => void }) {
  const problem = useSignal('');
  const takeBack = async () => {
    try {
      await remove(`api/v1/windows/${mark.id}`);
      announcement.value = `The tag ${name} is taken back.`;
      onClose();
      await loadWindows().catch(() => undefined);
    } catch (thrown) {
      problem.value = explain(thrown);
    }
  };
  return (
    <Dialog title={`Take back ${name}?`} onClose={onClose}>
      <p>
        {stamp(mark.from)} – {stamp(mark.to)}. The capture stays. The ledger keeps that it was tagged and taken back.
      </p>
      <p class="bad-text small" role="alert">
        {problem.value}
      </p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button strong" onClick={() => void takeBack()}>
          Take it back
        </button>
      </div>
    </Dialog>
  );
}
