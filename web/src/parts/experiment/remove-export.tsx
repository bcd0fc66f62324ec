// Removes a bundle from the appliance. Asks first: the signed bundle does not come back, though its captures stay.

import { useSignal } from '@preact/signals';
import { remove } from '../../api/request.ts';
import { explain } from '../../resource.ts';
import { announcement } from '../../state.ts';
import { Dialog } from '../dialog.tsx';

interface RemoveProps {
  readonly name: string;
  /** Of the export, for people. */
  readonly moment: string;
  readonly onChange: () => void;
}

export function RemoveExport(props: RemoveProps) {
  const isAsked = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="button quiet"
        aria-label={`Remove the export ${props.name}`}
        onClick={() => (isAsked.value = true)}
      >
        Remove
      </button>
      {isAsked.value && <Question {...props} onClose={() => (isAsked.value = false)} />}
    </>
  );
}

function Question({ name, moment, onChange, onClose }: RemoveProps & { onClose: () => void }) {
  const problem = useSignal('');
  const drop = async () => {
    try {
      await remove(`api/v1/exports/${name}`);
      announcement.value = `The export of ${moment} is removed.`;
      onClose();
      onChange();
    } catch (thrown) {
      problem.value = explain(thrown);
    }
  };
  return (
    <Dialog title={`Remove the export of ${moment}?`} onClose={onClose}>
      <p>Captures and ledger stay. Download it first if nobody has it yet: another export has another time and head.</p>
      <p class="bad-text small" role="alert">
        {problem.value}
      </p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button strong" onClick={() => void drop()}>
          Remove it
        </button>
      </div>
    </Dialog>
  );
}
