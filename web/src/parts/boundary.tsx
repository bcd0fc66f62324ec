// Keeps one view's failure to that view: header, capture state and the other views stay.

import { Component, type ComponentChildren } from 'preact';
import { Problem } from './panel.tsx';

interface Props {
  readonly children: ComponentChildren;
}

interface State {
  readonly failure: string;
}

export class Boundary extends Component<Props, State> {
  override state: State = { failure: '' };

  static override getDerivedStateFromError(thrown: unknown): State {
    return { failure: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render() {
    const { failure } = this.state;
    if (failure === '') return this.props.children;
    const message = `This view cannot be drawn (${failure}). Page and appliance may be of different versions: reload the page.`;
    return <Problem message={message} onRetry={() => location.reload()} />;
  }
}
