// What passes right now: the traffic chart with its switches, the phase switch, the busiest devices.

import { Campaign } from '../parts/experiment/campaign.tsx';
import { PhaseSwitch } from '../parts/experiment/phase-switch.tsx';
import { Tags } from '../parts/experiment/tags.tsx';
import { Panel, ViewHeading } from '../parts/panel.tsx';
import { RecentDevices } from '../parts/recent-devices.tsx';
import { TrafficPanel } from '../parts/traffic/traffic-panel.tsx';

export function Live() {
  return (
    <>
      <ViewHeading title="Live" />
      <div class="live-grid">
        <TrafficPanel height={440} />
        <Panel title="Experiment" class="phase-panel">
          <Campaign />
          <PhaseSwitch />
          <h3>Tags</h3>
          <Tags />
        </Panel>
        <RecentDevices />
      </div>
    </>
  );
}
