// Which words are secrets or tell about a person or a device: by the name of a field, and by the form of a value.
// Plain comparisons and single passes only: the text is a device's.
import type { Field } from './fields.ts';
import { maskEmail, maskMac, maskValue } from './mask.ts';
import type { RuleId } from './rules.ts';

export interface Sighting {
  readonly rule: RuleId;
  /** The field's name, or the kind of the value. */
  readonly what: string;
  /** Masked. */
  readonly shown: string;
  readonly confidence: number;
}

interface FieldRule {
  readonly rule: RuleId;
  /** Keys in lower case, letters and digits only. */
  readonly keys: ReadonlySet<string>;
  readonly fits: (value: string) => boolean;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const longerThan =
  (length: number) =>
  (value: string): boolean =>
    value.length > length;

/** In order: the first that fits names the field. */
const FIELD_RULES: readonly FieldRule[] = [
  {
    rule: 'CRED-05',
    keys: words(
      'pass passwd password pwd passphrase psk wifipassword wifipwd wpakey presharedkey userpassword loginpassword ' +
        'adminpassword adminpass newpassword oldpassword pin pincode',
    ),
    fits: longerThan(0),
  },
  {
    rule: 'CRED-05',
    keys: words(
      'token accesstoken refreshtoken idtoken authtoken usertoken sessiontoken apitoken apikey xapikey appkey appsecret ' +
        'secret secretkey clientsecret accesskey accesskeyid awsaccesskeyid signature sig xamzsignature xamzcredential ' +
        'xamzsecuritytoken securitytoken authkey authcode authorization credential privatekey localkey devicekey sessionkey ' +
        'sessionid jsessionid phpsessid sessid',
    ),
    fits: longerThan(5),
  },
  {
    rule: 'PII-03',
    keys: words('email mail emailaddress useremail'),
    fits: (value) => isEmail(value),
  },
  {
    rule: 'PII-04',
    keys: words('phone phonenumber mobile mobilenumber cellphone tel telephone msisdn'),
    fits: (value) => isPhone(value),
  },
  {
    rule: 'PII-05',
    keys: words('lat latitude lon lng long longitude gps gpslat gpslon gpslng geolat geolon coordinates latlng'),
    fits: (value) => isCoordinate(value),
  },
  {
    rule: 'PII-06',
    keys: words(
      'weight height age sex gender birthday birthdate birth dob dateofbirth bmi bodyfat fat fatratio heartrate pulse ' +
        'bloodpressure systolic diastolic steps sleep',
    ),
    fits: longerThan(0),
  },
  {
    rule: 'PII-07',
    keys: words(
      'user username login userid useraccount account accountid firstname lastname surname fullname nickname realname ' +
        'owner ownername devicename',
    ),
    fits: longerThan(1),
  },
  {
    rule: 'PII-08',
    keys: words('zip zipcode postcode postalcode postal'),
    fits: longerThan(2),
  },
  {
    rule: 'PII-08',
    keys: words('street address streetaddress homeaddress'),
    fits: (value) => value.length > 5 && value.trim().includes(' '),
  },
  {
    rule: 'PII-02',
    keys: words(
      'serial serialnumber serialno serialnum sn deviceserial deviceid devid did hwid hardwareid imei imsi iccid udid uuid ' +
        'uniqueid mydeviceid bridgeid',
    ),
    fits: longerThan(3),
  },
  { rule: 'PII-10', keys: words('ssid essid bssid wifissid wifiname networkname apname'), fits: longerThan(0) },
];

/** Those that have the key, in their order. */
const RULES_BY_KEY = new Map<string, readonly FieldRule[]>();
for (const rule of FIELD_RULES) {
  for (const key of rule.keys) RULES_BY_KEY.set(key, [...(RULES_BY_KEY.get(key) ?? []), rule]);
}
const NO_RULES: readonly FieldRule[] = [];

/** Keys met before; forgotten when they are many, as a device may make them up. */
const normalKeys = new Map<string, string>();
const MOST_NORMAL_KEYS = 4096;

/** Letters and digits in lower case: `X-Amz-Signature`, `x_amz_signature` and `xAmzSignature` are one key. */
export function normalKey(key: string): string {
  const known = normalKeys.get(key);
  if (known !== undefined) return known;
  if (normalKeys.size >= MOST_NORMAL_KEYS) normalKeys.clear();
  const normal = lettersAndDigits(key);
  normalKeys.set(key, normal);
  return normal;
}

function lettersAndDigits(key: string): string {
  let normal = '';
  for (const character of key.toLowerCase()) {
    if ((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9')) normal += character;
  }
  return normal;
}

/** Endings by which makers name their keys: `GalaxyAccessKeyId`, `wlan_password`, `device-token`. */
const SECRET_ENDINGS = [
  'password',
  'passwd',
  'accesskeyid',
  'accesskey',
  'secretkey',
  'apikey',
  'token',
  'sessionid',
  'signature',
];

/** What one field gives away; `undefined` where nothing. */
export function classifyField(field: Field): Sighting | undefined {
  if (isEmptyWord(field.value)) return undefined;
  const key = normalKey(field.key);
  const rule = ruleOf(key, field.value);
  if (rule === 'PII-03' || (rule !== 'CRED-05' && isEmail(field.value))) {
    return { rule: 'PII-03', what: key, shown: `${key}=${maskEmail(field.value)}`, confidence: 0.9 };
  }
  if (rule !== undefined) return { rule, what: key, shown: `${key}=${maskValue(field.value)}`, confidence: 0.9 };
  const mac = macIn(field.value);
  return mac === undefined
    ? undefined
    : { rule: 'PII-01', what: key, shown: `${key}=${maskMac(mac)}`, confidence: 0.9 };
}

function ruleOf(key: string, value: string): RuleId | undefined {
  for (const rule of RULES_BY_KEY.get(key) ?? NO_RULES) if (rule.fits(value)) return rule.rule;
  return value.length > 5 && SECRET_ENDINGS.some((ending) => key.endsWith(ending)) ? 'CRED-05' : undefined;
}

const EMPTY_WORDS = new Set(['', 'null', 'none', 'undefined', 'true', 'false', 'unknown', '(null)']);

function isEmptyWord(value: string): boolean {
  return EMPTY_WORDS.has(value.trim().toLowerCase());
}

/** One @ with a name before it and a dotted host behind it. */
export function isEmail(value: string): boolean {
  const at = value.indexOf('@');
  const dot = value.lastIndexOf('.');
  if (at < 1 || at > 64 || value.length > 254 || value.includes('@', at + 1)) return false;
  return dot > at + 1 && dot < value.length - 2 && Array.from(value).every(isEmailCharacter);
}

function isEmailCharacter(character: string): boolean {
  return isAlphanumeric(character.charCodeAt(0)) || '.@_%+-'.includes(character);
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Seven to fifteen digits (ITU-T E.164) with the usual signs between them. */
export function isPhone(value: string): boolean {
  let digits = 0;
  for (const character of value) {
    if (character >= '0' && character <= '9') digits++;
    else if (!'+-() ./'.includes(character)) return false;
  }
  return digits >= 7 && digits <= 15;
}

/** A decimal number within 180 degrees that has at least two decimals: whole numbers are anything. */
export function isCoordinate(value: string): boolean {
  const number = Number(value.split(',', 1)[0]);
  const dot = value.indexOf('.');
  return dot >= 0 && value.length - dot > 2 && Number.isFinite(number) && Math.abs(number) <= 180 && number !== 0;
}

const COLON = 0x3a;
const DASH = 0x2d;

/** The first `aa:bb:cc:dd:ee:ff` or `aa-bb-…` in a text, in lower case with colons; all-zero and broadcast do not count. */
export function macIn(text: string): string | undefined {
  const limit = Math.min(text.length, 4096) - 17;
  for (let at = 0; at <= limit; at++) {
    const separator = text.charCodeAt(at + 2);
    if ((separator !== COLON && separator !== DASH) || !isMacAt(text, at)) continue;
    const mac = text
      .slice(at, at + 17)
      .toLowerCase()
      .replaceAll('-', ':');
    if (mac !== '00:00:00:00:00:00' && mac !== 'ff:ff:ff:ff:ff:ff') return mac;
  }
  return undefined;
}

function isMacAt(text: string, at: number): boolean {
  const separator = text[at + 2];
  if (separator !== ':' && separator !== '-') return false;
  if (at > 0 && isHexOrSeparator(text.charCodeAt(at - 1), separator)) return false;
  if (at + 17 < text.length && isHexOrSeparator(text.charCodeAt(at + 17), separator)) return false;
  for (let i = 0; i < 17; i++) {
    const isSeparator = i % 3 === 2;
    if (isSeparator ? text[at + i] !== separator : !isHex(text.charCodeAt(at + i))) return false;
  }
  return true;
}

function isHexOrSeparator(code: number, separator: string): boolean {
  return isHex(code) || code === separator.charCodeAt(0);
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

/** Whether a text holds the hardware address of its sender, with separators or as twelve digits. */
export function holdsOwnMac(text: string, mac: string): boolean {
  const digits = mac.replaceAll(':', '');
  if (digits.length !== 12) return false;
  const lower = text.slice(0, 16384).toLowerCase();
  return lower.includes(digits) || lower.includes(mac) || lower.includes(mac.replaceAll(':', '-'));
}
