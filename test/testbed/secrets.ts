// What the devices of the testbed home give away, word for word. Tests search every output of Weir for these values:
// a result may count and locate them, but only the pcap may hold them.

export type SecretEncoding = 'plain' | 'url' | 'base64' | 'hex' | 'xor171' | 'tls';

/** One planted value, as its owner knows it and as it crosses the air. */
export interface Secret {
  readonly name: string;
  readonly kind: 'password' | 'token' | 'identifier' | 'email' | 'location' | 'health' | 'name';
  /** As a person would write it. */
  readonly value: string;
  /** The bytes on the wire, as text; the same as `value` where nothing encodes it. */
  readonly wire: string;
  readonly encoding: SecretEncoding;
  /** The device that sends it (name in the roster). */
  readonly device: string;
  /** Where in the traffic it is. */
  readonly place: string;
}

export const EMAIL = 'mara.lindqvist@example.org';
export const OWNER = 'Mara Lindqvist';
export const CAMERA_USER = 'admin';
export const CAMERA_PASSWORD = 'Tr0ut-Ladder!7';
export const CAMERA_LOGIN = Buffer.from(`${CAMERA_USER}:${CAMERA_PASSWORD}`).toString('base64');
export const HUE_KEY = 'kR7wVq2nZ0eYtXcLb5sUa9HdPf3mJg6iQo1TrEyN';
export const UPLOAD_KEY = 'AKVOTESTWEIR7QJ2PLXN';
export const UPLOAD_SIGNATURE = 'qZ3vN8sYw1KdTgR5mBxLcE7hUoI=';
export const SCALE_SESSION = '1f3870be-274f-6c49b3e3-1a0c6728957f';
export const SPEAKER_SERIAL = '94-9F-3E-5A-11-C7:4';
export const MQTT_USER = 'bf5d4c0a7e21weirplug';
export const MQTT_PASSWORD = '6b1f9c3e2a7d4850';
export const HOME_LATITUDE = '52.160114';
export const HOME_LONGITUDE = '4.497010';
export const WEIGHT_GRAMS = '71350';
export const VOICE_CUSTOMER = 'A2Z9WEIRCUST51';
export const APP_TOKEN = 'eyJ3ZWlyIjoidGVzdGJlZCJ9.c2VjcmV0LWFwcC10b2tlbg';

/** Every planted value; later tests take their search list from here. */
export const SECRETS: readonly Secret[] = [
  plain('hue-api-key', 'token', HUE_KEY, 'echo', 'path of the local REST requests'),
  plain('upload-key-id', 'token', UPLOAD_KEY, 'mijia-camera', 'query of the MP4 upload'),
  {
    ...plain('upload-signature', 'token', UPLOAD_SIGNATURE, 'mijia-camera', 'query of the MP4 upload'),
    wire: encodeURIComponent(UPLOAD_SIGNATURE),
    encoding: 'url',
  },
  {
    ...plain('camera-password', 'password', CAMERA_PASSWORD, 'phone', 'HTTP Basic header of the MJPEG request'),
    wire: CAMERA_LOGIN,
    encoding: 'base64',
  },
  plain('scale-session', 'token', SCALE_SESSION, 'scale', 'JSON of the measurement'),
  plain('scale-weight', 'health', WEIGHT_GRAMS, 'scale', 'JSON of the measurement'),
  plain('scale-user', 'name', OWNER, 'scale', 'JSON of the measurement'),
  {
    ...plain('speaker-account', 'email', EMAIL, 'speaker', 'query of the update check'),
    wire: encodeURIComponent(EMAIL),
    encoding: 'url',
  },
  plain('speaker-serial', 'identifier', SPEAKER_SERIAL, 'speaker', 'query of the update check'),
  plain('plug-mqtt-user', 'identifier', MQTT_USER, 'tuya-plug', 'MQTT CONNECT'),
  plain('plug-mqtt-password', 'password', MQTT_PASSWORD, 'tuya-plug', 'MQTT CONNECT'),
  {
    ...plain('voice-customer', 'identifier', VOICE_CUSTOMER, 'echo', 'query of the captive-portal probe'),
    wire: Buffer.from(VOICE_CUSTOMER).toString('hex'),
    encoding: 'hex',
  },
  scrambled('plug-latitude', HOME_LATITUDE),
  scrambled('plug-longitude', HOME_LONGITUDE),
  {
    ...plain('app-token', 'token', APP_TOKEN, 'phone', 'inside TLS to the clouds: on no wire, in no output'),
    encoding: 'tls',
  },
];

function plain(name: string, kind: Secret['kind'], value: string, device: string, place: string): Secret {
  return { name, kind, value, wire: value, encoding: 'plain', device, place };
}

/** Kasa's autokey: each byte depends on the one before, so the wire form is not a fixed text; `wire` is the clear text. */
function scrambled(name: string, value: string): Secret {
  return { ...plain(name, 'location', value, 'kasa-plug', 'get_sysinfo reply on TCP 9999'), encoding: 'xor171' };
}
