// Which end of a packet lies in the home, and so whom a finding is about. What is local says geo/scope.ts, what the home has
// in addition, packet/home.ts; geography of the rest is geo/'s.
import type { PayloadView } from './facts.ts';

/** What is needed to decide which end of a packet is at home. */
export type HomeEnds = Pick<
  PayloadView,
  'sourceIp' | 'destinationIp' | 'sourceMac' | 'destinationMac' | 'isSourceHome' | 'isDestinationHome'
>;

/** MAC of the side that lives in the home: the sender, unless the bytes come from the Internet; then the receiver. */
export function deviceOf(view: HomeEnds): string {
  return view.isSourceHome() ? view.sourceMac() : view.destinationMac();
}
