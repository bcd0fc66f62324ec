// The Internet of the testbed home: which public names and addresses exist there. The addresses are real ones of the
// named providers, so that country, network and organisation come out as in the field; nobody outside is contacted.

/** The home's own public address (RFC 5737) and its provider's end of the line. */
export const HOME_ADDRESS = '203.0.113.77';
export const PROVIDER_ADDRESS = '203.0.113.78';

/** The resolver that the router's dnsmasq forwards to, and those that devices are hard-wired to. */
export const ROUTER_UPSTREAM = '1.1.1.1';
export const GOOGLE_DNS = '8.8.8.8';
export const TENCENT_DNS = '119.29.29.29';
export const RESOLVERS: readonly string[] = [ROUTER_UPSTREAM, GOOGLE_DNS, TENCENT_DNS];

/** Name → addresses. Comments: network, country as of the tables of mid 2026. */
export const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  'v2.broker.lifx.co': ['104.198.46.246'], // Google Cloud, US
  'api.lifx.com': ['104.17.192.66'], // Cloudflare, anycast
  'ot.io.mi.com': ['110.43.0.83'], // Kingsoft, CN
  'de.ot.io.mi.com': ['47.91.74.214'], // Alibaba, DE
  'business.smartcamera.api.io.mi.com': ['161.117.70.145'], // Alibaba, SG
  'weir-clips.oss-cn-hangzhou.aliyuncs.com': ['120.55.105.209'], // Alibaba, CN
  'ec2-52-215-103-47.eu-west-1.compute.amazonaws.com': ['52.215.103.47'], // AWS, IE
  'scalews.withings.net': ['89.30.121.150'], // IX Reach, FR
  'a1778.g.akamai.net': ['23.38.98.10'], // Akamai, DE
  'sslauth-1422.us-east-1.elb.amazonaws.com': ['52.20.31.7'], // AWS, US
  'ws.meethue.com': ['35.187.90.12'], // Google Cloud, BE
  'diag.meethue.com': ['20.50.2.34'], // Azure, NL: resolved, never contacted
  'avs-alexa-4-na.amazon.com': ['54.239.28.85'], // Amazon, US
  'device-metrics-us.amazon.com': ['52.94.236.248'], // Amazon, US
  's3-1-w.amazonaws.com': ['3.93.14.201'], // AWS, US
  'mqtt-eu.eu-central-1.elb.amazonaws.com': ['18.184.77.12'], // AWS, DE
  'a1.tuyaeu.com': ['52.58.63.252'], // AWS, DE
  'n-devs-1877.eu-west-1.elb.amazonaws.com': ['34.251.18.90'], // AWS, IE
  'connectivitycheck.gstatic.com': ['142.250.179.131'], // Google, US
  'mazu.3g.qq.com': ['129.226.103.162'], // Tencent, HK
  'time.cloudflare.com': ['162.159.200.1'], // Cloudflare, anycast
  'ntp.ubuntu.com': ['185.125.190.56'], // Canonical, GB
  'pool.ntp.org': [
    '129.6.15.28', // NIST, US
    '193.204.114.232', // GARR, IT
    '133.243.238.164', // NICT, JP
    '94.130.49.186', // Hetzner, DE
    '51.15.182.163', // Scaleway, FR
    '200.160.0.8', // NIC.br, BR
    '88.147.254.230', // Rostelecom, RU
    '202.118.1.130', // CERNET, CN
  ],
};

/** Alias → the next name in the chain. */
export const ALIASES: Readonly<Record<string, string>> = {
  '2.lifx.pool.ntp.org': 'pool.ntp.org',
  'ntp1.dlink.com': 'pool.ntp.org',
  'cnbj2.fds.api.xiaomi.com': 'weir-clips.oss-cn-hangzhou.aliyuncs.com',
  'mp-eu-tss.auto.mydlink.com': 'ec2-52-215-103-47.eu-west-1.compute.amazonaws.com',
  'update-firmware.sonos.com': 'update-firmware.sonos.com.edgesuite.net',
  'update-firmware.sonos.com.edgesuite.net': 'a1778.g.akamai.net',
  'feature-config.sslauth.sonos.com': 'sslauth-1422.us-east-1.elb.amazonaws.com',
  'spectrum.s3.amazonaws.com': 's3-1-w.amazonaws.com',
  'ntp-g7g.amazon.com': 'pool.ntp.org',
  'm1.tuyaeu.com': 'mqtt-eu.eu-central-1.elb.amazonaws.com',
  'use1-devs.tplinkcloud.com': 'n-devs-1877.eu-west-1.elb.amazonaws.com',
};

/** Asked for again and again, and never answered with an address (the dead Philips name of Amar et al.). */
export const DEAD_NAME = 'dcp.cpp.philips.com';
/** Answered with an address that nobody ever contacts. */
export const UNUSED_NAME = 'diag.meethue.com';

/** All addresses that the Internet namespace owns. */
export function publicAddresses(): string[] {
  return [...new Set([...RESOLVERS, ...Object.values(ADDRESSES).flat()])];
}
