// The table of contents of the home's behaviours: one file per kind of device.
import type { DeviceKind } from '../roster.ts';
import { bulb } from './bulb.ts';
import { dlinkCamera } from './dlink-camera.ts';
import { echo } from './echo.ts';
import { hub } from './hub.ts';
import { kasaPlug } from './kasa-plug.ts';
import { mijiaCamera } from './mijia-camera.ts';
import { phone } from './phone.ts';
import { scale } from './scale.ts';
import { speaker } from './speaker.ts';
import { tuyaPlug } from './tuya-plug.ts';
import type { Behaviour } from './world.ts';

export const BEHAVIOURS: Readonly<Record<DeviceKind, Behaviour>> = {
  bulb,
  'mijia-camera': mijiaCamera,
  'dlink-camera': dlinkCamera,
  scale,
  speaker,
  hub,
  echo,
  'tuya-plug': tuyaPlug,
  'kasa-plug': kasaPlug,
  phone,
};
