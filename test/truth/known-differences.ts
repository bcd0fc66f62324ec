// Where we differ from the truth on purpose, with the reason. The test fails on a difference that is not listed here and on
// an entry that no longer matches anything, so the list can neither hide nor rot.

export interface KnownDifference {
  /** Files by name, fields, keys: all must match. */
  readonly files: RegExp;
  readonly fields: RegExp;
  readonly keys?: RegExp;
  readonly reason: string;
}

const CUT =
  'snap length 150 or 96: of a cut message we report the whole lines and fields that were captured; tshark, which cannot reassemble it, reports none, or the torn half of a name';
const HOLE =
  'a segment that came late or again and fills a hole: we read the stream in order; tshark does not dissect it';

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    files: /./,
    fields: /^http_(methods|hosts|user_agents|hosts_by_mac|methods_by_mac)$/,
    keys: /^(M-SEARCH|239\.255\.255\.250:1900|UPnP\/1\.0 DLNADOC\/1\.50 Platinum\/1\.0\.5\.13)$/,
    reason: 'SSDP searches are HTTP over UDP to tshark; here they are SSDP and no HTTP request',
  },
  {
    files: /withings_zero_tail/,
    fields: /^(packets|first_ts|time_steps_back|protocols)$/,
    reason: 'records of length zero are damage for us; tshark counts 4,096 phantom packets',
  },
  {
    files: /withings_(zero|garbage)_tail/,
    fields: /^http_/,
    reason: 'a request is reported when its head is complete; tshark waits for the body, which the damage cuts off',
  },
  { files: /iot-ap\/(all-devices|xiaomi)/, fields: /^(http_|tls_server_hello_versions)/, reason: CUT },
  { files: /huebridge_snaplen96/, fields: /^http_methods/, reason: CUT },
  {
    files: /iot-ap\/all-devices/,
    fields: /^dhcp_clients$/,
    reason: 'snap length 150 cuts DHCP before its cookie: we do not call it DHCP; tshark does by the port',
  },
  { files: /HueBridge|huebridge_clock|HueSwitch|sentinel_31dev/, fields: /^http_content_types$/, reason: HOLE },
  { files: /sentinel_31dev/, fields: /^tls_(sni|sni_by_mac|server_hello_versions)$/, reason: HOLE },
  {
    files: /xiaodu_plug|tuya-motion|ndpi_android/,
    fields: /^tls_server_hello_versions$/,
    reason: `${HOLE}, or takes it for encrypted`,
  },
  { files: /http-ooo/, fields: /^http_methods$/, reason: HOLE },
  {
    files: /philips-hue_lan|sentinel_31dev/,
    fields: /^ssdp_server$/,
    reason: 'tshark also counts the packets embedded in ICMP errors',
  },
  {
    files: /ndpi_rtsp/,
    fields: /^rtsp_methods$/,
    reason: 'tshark counts each repetition of a segment; a request that was sent again is one request',
  },
  {
    files: /tcpflow_jpegs|ndpi_dns_fragmented/,
    fields: /^networks$/,
    reason: 'we count by the protocol number of the IP header; tshark calls fragments after the first data',
  },
  {
    files: /zeek_mixed-vlan-mpls/,
    fields: /^http_methods/,
    reason: 'a request line without version (HTTP/0.9) is not read',
  },
  {
    files: /wireshark_wpa-Induction/,
    fields: /^networks$/,
    keys: /^eapol$/,
    reason:
      'this table of the truth calls all of 802.11 non-IP; its table of protocols has the same four EAPOL frames as we',
  },
  {
    files: /ndpi_coap_mqtt/,
    fields: /^mqtt_/,
    reason: 'MQTT on a port that tshark does not take for MQTT; the payload decides for us',
  },
  {
    files: /zeek_tls_dtls1_2/,
    fields: /^tls_server_hello_versions$/,
    reason: 'the truth does not count ServerHellos of DTLS',
  },
];
