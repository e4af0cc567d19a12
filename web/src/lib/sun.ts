/** Day and night for drawing: where the Sun stands overhead, to about 0.01 deg (the Astronomical Almanac's low-precision formula). */
const RAD = Math.PI / 180;

export function subsolar(at: number): { lon_deg: number; lat_deg: number } {
  const days = at / 86_400_000 + 2_440_587.5 - 2_451_545.0;
  const anomaly = (357.528 + 0.9856003 * days) * RAD;
  const ecliptic = (280.46 + 0.9856474 * days + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * RAD;
  const tilt = (23.439 - 4e-7 * days) * RAD;
  const ascension = Math.atan2(Math.cos(tilt) * Math.sin(ecliptic), Math.cos(ecliptic)) / RAD;
  const sidereal = 280.46061837 + 360.98564736629 * days;
  const lon = ((((ascension - sidereal) % 360) + 540) % 360) - 180;
  return { lon_deg: lon, lat_deg: Math.asin(Math.sin(tilt) * Math.sin(ecliptic)) / RAD };
}

/** The half of the Earth without the Sun, as one ring in longitude and latitude. */
export function night(at: number): [number, number][] {
  const sun = subsolar(at);
  const declination = (Math.abs(sun.lat_deg) < 0.01 ? 0.01 : sun.lat_deg) * RAD;
  const pole = declination > 0 ? -90 : 90;
  const ring: [number, number][] = [];
  for (let lon = -180; lon <= 180; lon += 2) {
    ring.push([lon, Math.atan(-Math.cos((lon - sun.lon_deg) * RAD) / Math.tan(declination)) / RAD]);
  }
  return [...ring, [180, pole], [-180, pole], ring[0]!];
}
