// Orders to a running capture other than phases and tags: a note for the ledger, and to cut its files now, so that they can be
// downloaded and proved.

import { useState } from 'preact/hooks';
import { post } from '../../api/request.ts';
import { explain } from '../../resource.ts';

export function Orders() {
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  const [trouble, setTrouble] = useState('');
  const order = async (path: string, body: object, done: string) => {
    setSaid('');
    setTrouble('');
    try {
      await post(path, body);
      setSaid(done);
      setText('');
    } catch (thrown) {
      setTrouble(explain(thrown));
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
      <p class="small" role="status">
        {said}
      </p>
      <p class="bad-text small" role="alert">
        {trouble}
      </p>
    </form>
  );
}
