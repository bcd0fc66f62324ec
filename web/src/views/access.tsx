// Who may open this appliance: the password, the browsers that are logged in, the tokens of scripts.

import { useState } from 'preact/hooks';
import { PasswordForm } from '../parts/access/password-form.tsx';
import { SessionList } from '../parts/access/session-list.tsx';
import { TokenList } from '../parts/access/token-list.tsx';
import { Panel, ViewHeading } from '../parts/panel.tsx';

export function Access() {
  // A new password ends sessions and tokens: their lists are loaded again.
  const [version, setVersion] = useState(0);
  return (
    <>
      <ViewHeading title="Access" />
      <Panel title="Password">
        <PasswordForm onChanged={() => setVersion((count) => count + 1)} />
      </Panel>
      <Panel title="Logged in" class="flush">
        <SessionList version={version} />
      </Panel>
      <Panel title="Tokens for scripts" class="flush">
        <TokenList version={version} />
      </Panel>
    </>
  );
}
