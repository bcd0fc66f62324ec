// Provider and region out of a host name: a DNS answer that ends in `eu-west-1.amazonaws.com` says where a service runs
// more reliably than any geo table. Names are the device's own words: split by dots, compared, never put in a pattern
// that can backtrack.

export interface CloudPlace {
  readonly provider: string;
  /** As the provider writes it (`eu-west-1`); null when the name does not say. */
  readonly region: string | null;
  /** Country of the region; null when the region is unknown or the name does not say. */
  readonly country: string | null;
}

/** Suffixes, longest first where one ends in another. `regions` names how the provider writes its regions. */
const SUFFIXES: readonly (readonly [suffix: string, provider: string, regions: RegionStyle])[] = [
  ['amazonaws.com.cn', 'Amazon', 'aws'],
  ['amazonaws.com', 'Amazon', 'aws'],
  ['awsglobalaccelerator.com', 'Amazon', 'none'],
  ['cloudfront.net', 'Amazon', 'none'],
  ['elasticbeanstalk.com', 'Amazon', 'aws'],
  ['aliyuncs.com', 'Alibaba', 'aliyun'],
  ['alicdn.com', 'Alibaba', 'none'],
  ['alibabadns.com', 'Alibaba', 'none'],
  ['cloudapp.azure.com', 'Microsoft', 'azure'],
  ['azure-devices.net', 'Microsoft', 'none'],
  ['azurewebsites.net', 'Microsoft', 'none'],
  ['azureedge.net', 'Microsoft', 'none'],
  ['windows.net', 'Microsoft', 'none'],
  ['trafficmanager.net', 'Microsoft', 'none'],
  ['googleusercontent.com', 'Google', 'none'],
  ['googleapis.com', 'Google', 'none'],
  ['run.app', 'Google', 'google'],
  ['appspot.com', 'Google', 'none'],
  ['myqcloud.com', 'Tencent', 'tencent'],
  ['tencentcs.com', 'Tencent', 'none'],
  ['myhuaweicloud.com', 'Huawei Cloud', 'none'],
  ['akamaiedge.net', 'Akamai', 'none'],
  ['akamai.net', 'Akamai', 'none'],
  ['edgekey.net', 'Akamai', 'none'],
  ['edgesuite.net', 'Akamai', 'none'],
  ['fastly.net', 'Fastly', 'none'],
  ['cloudflare.net', 'Cloudflare', 'none'],
  ['digitaloceanspaces.com', 'DigitalOcean', 'none'],
  ['oraclecloud.com', 'Oracle', 'oracle'],
  ['heroku.com', 'Heroku', 'none'],
  ['herokuapp.com', 'Heroku', 'none'],
];

type RegionStyle = 'aws' | 'aliyun' | 'azure' | 'google' | 'tencent' | 'oracle' | 'none';

/** Regions whose country the provider states. A region that is not here still gives provider and region. */
const REGIONS: Readonly<Record<Exclude<RegionStyle, 'none'>, ReadonlyMap<string, string>>> = {
  aws: new Map([
    ['us-east-1', 'US'],
    ['us-east-2', 'US'],
    ['us-west-1', 'US'],
    ['us-west-2', 'US'],
    ['us-gov-west-1', 'US'],
    ['us-gov-east-1', 'US'],
    ['ca-central-1', 'CA'],
    ['ca-west-1', 'CA'],
    ['sa-east-1', 'BR'],
    ['mx-central-1', 'MX'],
    ['eu-west-1', 'IE'],
    ['eu-west-2', 'GB'],
    ['eu-west-3', 'FR'],
    ['eu-central-1', 'DE'],
    ['eu-central-2', 'CH'],
    ['eu-north-1', 'SE'],
    ['eu-south-1', 'IT'],
    ['eu-south-2', 'ES'],
    ['ap-northeast-1', 'JP'],
    ['ap-northeast-2', 'KR'],
    ['ap-northeast-3', 'JP'],
    ['ap-southeast-1', 'SG'],
    ['ap-southeast-2', 'AU'],
    ['ap-southeast-3', 'ID'],
    ['ap-southeast-4', 'AU'],
    ['ap-southeast-5', 'MY'],
    ['ap-southeast-7', 'TH'],
    ['ap-south-1', 'IN'],
    ['ap-south-2', 'IN'],
    ['ap-east-1', 'HK'],
    ['cn-north-1', 'CN'],
    ['cn-northwest-1', 'CN'],
    ['af-south-1', 'ZA'],
    ['me-south-1', 'BH'],
    ['me-central-1', 'AE'],
    ['il-central-1', 'IL'],
  ]),
  aliyun: new Map([
    ['cn-hangzhou', 'CN'],
    ['cn-shanghai', 'CN'],
    ['cn-beijing', 'CN'],
    ['cn-shenzhen', 'CN'],
    ['cn-qingdao', 'CN'],
    ['cn-zhangjiakou', 'CN'],
    ['cn-huhehaote', 'CN'],
    ['cn-chengdu', 'CN'],
    ['cn-hongkong', 'HK'],
    ['ap-southeast-1', 'SG'],
    ['ap-southeast-2', 'AU'],
    ['ap-southeast-3', 'MY'],
    ['ap-southeast-5', 'ID'],
    ['ap-southeast-6', 'PH'],
    ['ap-southeast-7', 'TH'],
    ['ap-northeast-1', 'JP'],
    ['ap-northeast-2', 'KR'],
    ['ap-south-1', 'IN'],
    ['eu-central-1', 'DE'],
    ['eu-west-1', 'GB'],
    ['us-east-1', 'US'],
    ['us-west-1', 'US'],
    ['me-east-1', 'AE'],
  ]),
  azure: new Map([
    ['eastus', 'US'],
    ['eastus2', 'US'],
    ['centralus', 'US'],
    ['westus', 'US'],
    ['westus2', 'US'],
    ['westus3', 'US'],
    ['northcentralus', 'US'],
    ['southcentralus', 'US'],
    ['canadacentral', 'CA'],
    ['brazilsouth', 'BR'],
    ['northeurope', 'IE'],
    ['westeurope', 'NL'],
    ['uksouth', 'GB'],
    ['ukwest', 'GB'],
    ['francecentral', 'FR'],
    ['germanywestcentral', 'DE'],
    ['switzerlandnorth', 'CH'],
    ['swedencentral', 'SE'],
    ['norwayeast', 'NO'],
    ['southeastasia', 'SG'],
    ['eastasia', 'HK'],
    ['japaneast', 'JP'],
    ['japanwest', 'JP'],
    ['koreacentral', 'KR'],
    ['australiaeast', 'AU'],
    ['centralindia', 'IN'],
    ['southindia', 'IN'],
    ['uaenorth', 'AE'],
    ['southafricanorth', 'ZA'],
  ]),
  // Cloud Run's two-letter codes are in the name (`service-hash-ew.a.run.app`); only full region labels are read here.
  google: new Map([
    ['us-central1', 'US'],
    ['us-east1', 'US'],
    ['us-west1', 'US'],
    ['europe-west1', 'BE'],
    ['europe-west2', 'GB'],
    ['europe-west3', 'DE'],
    ['europe-west4', 'NL'],
    ['europe-west6', 'CH'],
    ['europe-north1', 'FI'],
    ['asia-east1', 'TW'],
    ['asia-northeast1', 'JP'],
    ['asia-southeast1', 'SG'],
    ['asia-south1', 'IN'],
    ['australia-southeast1', 'AU'],
    ['southamerica-east1', 'BR'],
  ]),
  tencent: new Map([
    ['ap-beijing', 'CN'],
    ['ap-shanghai', 'CN'],
    ['ap-guangzhou', 'CN'],
    ['ap-chengdu', 'CN'],
    ['ap-hongkong', 'HK'],
    ['ap-singapore', 'SG'],
    ['ap-tokyo', 'JP'],
    ['ap-seoul', 'KR'],
    ['eu-frankfurt', 'DE'],
    ['na-siliconvalley', 'US'],
    ['na-ashburn', 'US'],
  ]),
  oracle: new Map([
    ['us-ashburn-1', 'US'],
    ['us-phoenix-1', 'US'],
    ['eu-frankfurt-1', 'DE'],
    ['eu-amsterdam-1', 'NL'],
    ['uk-london-1', 'GB'],
    ['ap-tokyo-1', 'JP'],
  ]),
};

/** Any labels may precede the suffix; the region is the label nearest to it that the provider uses as one. */
export function cloudPlace(hostName: string): CloudPlace | undefined {
  if (hostName.length > 253) return undefined;
  const name = hostName.toLowerCase().replace(/\.$/, '');
  const found = SUFFIXES.find(([suffix]) => name === suffix || name.endsWith(`.${suffix}`));
  if (found === undefined) return undefined;
  const [suffix, provider, style] = found;
  const labels = name.slice(0, -suffix.length).split('.').reverse();
  return style === 'none' ? { provider, region: null, country: null } : { provider, ...regionIn(labels, style) };
}

function regionIn(labels: readonly string[], style: Exclude<RegionStyle, 'none'>): Omit<CloudPlace, 'provider'> {
  for (const label of labels) {
    // S3 and OSS also write `s3-eu-west-1` and `oss-eu-central-1`.
    const region = label.replace(/^(?:s3|oss|s3-website|vpc|cos)[-.]/, '').replace(/-internal$/, '');
    const country = REGIONS[style].get(region);
    if (country !== undefined) return { region, country };
  }
  return { region: null, country: null };
}
