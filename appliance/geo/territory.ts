// How far apart two countries are at least. Each country is covered by one or a few circles drawn generously (about 100 km
// beyond its borders), so that a distance here is never more than the true one. Overseas parts that have an ISO code of
// their own are not covered by the mother country. Own table, after atlas positions.

type Circle = readonly [latitude: number, longitude: number, radiusKm: number];

const TERRITORIES: Readonly<Record<string, readonly Circle[]>> = {
  AE: [[24, 54, 450]],
  AR: [
    [-35, -65, 1200],
    [-48, -69, 1000],
  ],
  AT: [[47.6, 13.8, 450]],
  AU: [
    [-26, 134, 2400],
    [-42, 147, 500],
  ],
  BD: [[24, 90, 500]],
  BE: [[50.7, 4.6, 280]],
  BG: [[42.8, 25.3, 400]],
  BH: [[26, 50.5, 150]],
  BR: [
    [-9, -54, 2300],
    [-28, -52, 1000],
  ],
  BY: [[53.6, 28, 450]],
  CA: [
    [50, -122, 1400],
    [55, -100, 1500],
    [50, -75, 1500],
    [48, -58, 800],
    [70, -95, 2500],
  ],
  CH: [[46.8, 8.2, 300]],
  CL: [
    [-20, -70, 900],
    [-36, -72, 1100],
    [-50, -73, 1000],
    [-27, -109, 300],
  ],
  CN: [
    [33, 112, 1500],
    [45, 125, 1300],
    [40, 85, 1400],
    [31, 90, 1400],
    [24, 105, 1200],
  ],
  CO: [[4, -73, 1300]],
  CZ: [[49.8, 15.5, 350]],
  DE: [[51.2, 10.4, 550]],
  DK: [[56, 10.5, 400]],
  EE: [[58.7, 25.5, 300]],
  EG: [[27, 30, 900]],
  ES: [
    [40.2, -3.5, 750],
    [28.3, -15.7, 400],
  ],
  FI: [[64.5, 26, 800]],
  FR: [
    [46.7, 2.5, 700],
    [42.2, 9.1, 250],
  ],
  GB: [[54.5, -3.2, 800]],
  GR: [[38.5, 24, 600]],
  HK: [[22.3, 114.2, 150]],
  HR: [[45, 16.4, 400]],
  HU: [[47.2, 19.4, 380]],
  ID: [
    [-2, 105, 1600],
    [-3, 122, 1300],
    [-4, 137, 900],
  ],
  IE: [[53.3, -8, 350]],
  IL: [[31.5, 34.9, 350]],
  IN: [
    [22, 79, 1700],
    [26, 93, 700],
    [10, 93, 700],
  ],
  IR: [[32.5, 54, 1200]],
  IS: [[65, -18.5, 450]],
  IT: [
    [43.5, 12, 750],
    [38, 14.5, 600],
  ],
  JP: [
    [36, 138, 900],
    [43, 143, 500],
    [32, 131, 600],
    [26, 128, 700],
  ],
  KE: [[0.5, 38, 750]],
  KR: [[36, 127.8, 450]],
  KZ: [[48, 67, 1700]],
  LT: [[55.3, 23.9, 300]],
  LU: [[49.8, 6.1, 150]],
  LV: [[56.9, 24.9, 320]],
  MA: [[31, -7, 1000]],
  MD: [[47.2, 28.5, 300]],
  MX: [[23.5, -102, 1700]],
  MY: [
    [4, 102, 600],
    [4, 114.5, 800],
  ],
  NG: [[9, 8, 900]],
  NL: [[52.2, 5.4, 300]],
  NO: [
    [61, 9, 600],
    [68, 16, 800],
    [70.5, 26, 500],
    [78, 18, 700],
  ],
  NZ: [[-41.5, 173, 1000]],
  PE: [[-9.5, -75, 1200]],
  PH: [[12, 122.5, 1200]],
  PK: [[30, 70, 1100]],
  PL: [[52, 19.3, 500]],
  PT: [
    [39.6, -8, 450],
    [38.4, -28, 450],
    [32.8, -17, 250],
  ],
  QA: [[25.3, 51.2, 200]],
  RO: [[45.9, 25, 500]],
  RS: [[44.2, 20.8, 350]],
  RU: [
    [57, 42, 1900],
    [62, 75, 1900],
    [60, 105, 1900],
    [55, 132, 1700],
    [66, 160, 1900],
    [54.7, 20.5, 200],
    [45, 42, 700],
  ],
  SA: [[24, 45, 1300]],
  SE: [
    [59.5, 15.5, 600],
    [66, 19, 500],
  ],
  SG: [[1.35, 103.8, 150]],
  SI: [[46.1, 14.8, 220]],
  SK: [[48.7, 19.5, 320]],
  TH: [[13.5, 101, 1000]],
  TR: [[39, 35.3, 1000]],
  TW: [[23.7, 121, 400]],
  UA: [[48.6, 31.3, 800]],
  US: [
    [39.5, -98.5, 2700],
    [63, -155, 2200],
    [21, -158, 800],
  ],
  VN: [[16, 106.5, 1000]],
  ZA: [
    [-29, 25, 1000],
    [-46.9, 37.7, 200],
  ],
};

const EARTH_RADIUS_KM = 6371;

/** Least distance between any two points of the countries; 0 within one; undefined for a country without a row. */
export function leastDistanceKm(one: string, other: string): number | undefined {
  const from = Object.hasOwn(TERRITORIES, one) ? TERRITORIES[one] : undefined;
  const to = Object.hasOwn(TERRITORIES, other) ? TERRITORIES[other] : undefined;
  if (from === undefined || to === undefined) return undefined;
  if (one === other) return 0;
  return Math.min(...from.flatMap((a) => to.map((b) => Math.max(0, greatCircleKm(a, b) - a[2] - b[2]))));
}

/** Haversine formula. */
function greatCircleKm([latitude1, longitude1]: Circle, [latitude2, longitude2]: Circle): number {
  const rad = Math.PI / 180;
  const dLatitude = ((latitude2 - latitude1) * rad) / 2;
  const dLongitude = ((longitude2 - longitude1) * rad) / 2;
  const h =
    Math.sin(dLatitude) ** 2 + Math.cos(latitude1 * rad) * Math.cos(latitude2 * rad) * Math.sin(dLongitude) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}
