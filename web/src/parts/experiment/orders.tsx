// Orders to a running capture other than phases and tags: a note for the ledger, to cut its files now, so that they can be downloaded
// and proved, and to pause: the note in the field is the reason of the pause.

import { useSignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { post } from '../../api/request.ts';
import { explain } from '../../resource.ts';
import { status } from '../../state.ts';
import { Dialog } from '../dialog.tsx';

export function Orders() {
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState('');
  const asks = useSignal(false);
  const isPaused = status.value?.capture?.state === 'paused';
  const order = async (path: string, body: object, done: string) => {
    setSaid('');
    setProblem('');
    try {
      await post(path, body);
      setSaid(done);
      setText('');
    } catch (thrown) {
      setProblem(explain(thrown));
    }
  };
  return (
    <form
      class="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        void order('api/v1/annotate', { text: text.trim() }, 'The note is in the ledger.');
      }}
    >
      <label class="inline-field">
        Note for the ledger
        <input value={text} maxLength={200} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button quiet" disabled={text.trim() === ''}>
        Write it
      </button>
      <button
        type="button"
        class="button quiet"
        onClick={() =>
          void order('api/v1/rotate', {}, 'All open files are cut; they are listed as soon as they are closed.')
        }
      >
        Cut all open files now
      </button>
      {isPaused ? (
        <button
          type="button"
          class="button quiet"
          onClick={() => void order('api/v1/capture/resume', {}, 'Capture goes on; the ledger has the gap.')}
        >
          Resume capture
        </button>
      ) : (
        <button type="button" class="button quiet" onClick={() => (asks.value = true)}>
          Pause capture …
        </button>
      )}
      {asks.value && (
        <PauseQuestion
          onClose={() => (asks.value = false)}
          onPause={() => {
            asks.value = false;
            void order('api/v1/capture/pause', { note: text.trim() }, 'Capture is paused. Nothing is recorded now.');
          }}
        />
      )}
      <p class="small" role="status">
        {said}
      </p>
      <p class="bad-text small" role="alert">
        {problem}
      </p>
    </form>
  );
}

function PauseQuestion({ onClose, onPause }: { onClose: () => void; onPause: () => void }) {
  return (
    <Dialog title="Pause capture?" onClose={onClose}>
      <p>
        Until somebody resumes it, no packet is recorded, and every figure of that time is missing. The ledger keeps who
        paused, when, and the note in the field.
      </p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button strong" onClick={onPause}>
          Pause
        </button>
      </div>
    </Dialog>
  );
}
