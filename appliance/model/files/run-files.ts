// What processes of one data folder find each other by. `run/` is capture's alone: another user with write access could plant links
// and pipes before capture, which owns the evidence. The page's user has a folder of its own in it, where capture opens nothing.

export const RUN_FOLDER = 'run';
export const CAPTURE_SOCKET = 'run/capture.sock';
/** Of the appliance: its socket, and the doctor's measurement where nothing else may be written. */
export const APPLIANCE_RUN_FOLDER = 'run/appliance';
export const APPLIANCE_SOCKET = 'run/appliance/appliance.sock';
/** For root and capture's own user alone: what destroys evidence is asked for here. Who breaks into the page cannot open it. */
export const OWNER_SOCKET = `${RUN_FOLDER}/owner.sock`;
