// Says why a finding is known, so that it is listed apart; the ledger keeps who said so. And takes it back.

import { useState } from 'preact/hooks';
import { post } from '../../api/request.ts';
import type { AnyFinding } from '../../finding-groups.ts';
import { explain } from '../../resource.ts';

export function SetAside({ finding, onDone }: { finding: AnyFinding; onDone: () => void }) {
  const [reason, setReason] = useState<string>();
  const [problem, setProblem] = useState('');
  const say = async (text: string) => {
    try {
      await post(`api/v1/findings/${encodeURIComponent(finding.id)}/set-aside`, { reason: text });
      setReason(undefined);
      onDone();
    } catch (thrown) {
      setProblem(explain(thrown));
    }
  };
  const words = problem !== '' && (
    <p class="bad-text small" role="alert">
      {problem}
    </p>
  );
  if (finding.set_aside !== undefined) {
    return (
      <p class="small set-aside">
        <button type="button" class="link" onClick={() => void say('')}>
          Take it back among the others
        </button>
        {words}
      </p>
    );
  }
  if (reason === undefined) {
    return (
      <p class="small set-aside">
        <button type="button" class="link" onClick={() => setReason('')}>
          This is known: set it aside
        </button>
      </p>
    );
  }
  return (
    <form
      class="inline-form small"
      onSubmit={(event) => {
        event.preventDefault();
        void say(reason);
      }}
    >
      <label class="inline-field">
        Why is it known?
        <input
          value={reason}
          maxLength={200}
          required
          onInput={(event) => setReason(event.currentTarget.value)}
          placeholder="our own test account"
        />
      </label>
      <button type="submit" class="button quiet" disabled={reason.trim() === ''}>
        Set aside
      </button>
      <button type="button" class="button quiet" onClick={() => setReason(undefined)}>
        Cancel
      </button>
      {words}
    </form>
  );
}
