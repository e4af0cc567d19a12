/** Where a satellite is, from the sampled Earth-fixed positions of a CZML packet (the same that the globe reads). */
export interface Packet {
  readonly id: string;
  readonly name?: string;
  readonly position?: { readonly epoch?: string; readonly cartesian?: readonly number[]; readonly cartographicDegrees?: readonly number[] };
  readonly polygon?: { readonly positions: { readonly cartographicDegrees: readonly number[] } };
  readonly point?: { readonly color: { readonly rgba: readonly number[] } };
  readonly availability?: string;
  readonly clock?: { readonly interval: string };
}

export interface Track {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  /** longitude and latitude in degrees, altitude in metres; undefined outside the samples */
  at(time: number): { lon_deg: number; lat_deg: number; altitude_m: number } | undefined;
}

const A = 6_378_137.0;
const F = 1 / 298.257223563;

export function tracks(packets: readonly Packet[]): Track[] {
  return packets.filter((packet) => packet.position?.cartesian && packet.position.epoch).map(track);
}

function track(packet: Packet): Track {
  const samples = packet.position!.cartesian!;
  const epoch = Date.parse(packet.position!.epoch!);
  const count = samples.length / 4;
  const [red, green, blue] = packet.point?.color.rgba ?? [230, 159, 0];
  return {
    id: packet.id.replace(/^satellite\//, ""),
    name: packet.name ?? packet.id,
    color: `rgb(${red},${green},${blue})`,
    at(time) {
      const seconds = (time - epoch) / 1000;
      if (count < 2 || seconds < samples[0]! || seconds > samples[4 * (count - 1)]!) return undefined;
      let low = 0;
      for (let high = count - 1; high - low > 1; ) {
        const middle = (low + high) >> 1;
        if (samples[4 * middle]! <= seconds) low = middle;
        else high = middle;
      }
      return geodetic(lagrange(samples, Math.max(0, Math.min(count - 6, low - 2)), Math.min(6, count), seconds));
    },
  };
}

/** Degree 5, as the packet says: a metre at samples a minute apart. */
function lagrange(samples: readonly number[], first: number, points: number, seconds: number): [number, number, number] {
  const out: [number, number, number] = [0, 0, 0];
  for (let i = first; i < first + points; i++) {
    let weight = 1;
    for (let j = first; j < first + points; j++) {
      if (i !== j) weight *= (seconds - samples[4 * j]!) / (samples[4 * i]! - samples[4 * j]!);
    }
    for (let axis = 0; axis < 3; axis++) out[axis]! += weight * samples[4 * i + 1 + axis]!;
  }
  return out;
}

/** Bowring's formula: below a millimetre at these altitudes. */
export function geodetic([x, y, z]: readonly [number, number, number]): { lon_deg: number; lat_deg: number; altitude_m: number } {
  const e2 = F * (2 - F);
  const b = A * (1 - F);
  const p = Math.hypot(x, y);
  const theta = Math.atan2(z * A, p * b);
  const lat = Math.atan2(z + (e2 / (1 - F) ** 2) * (1 - F) * A * Math.sin(theta) ** 3, p - e2 * A * Math.cos(theta) ** 3);
  const n = A / Math.sqrt(1 - e2 * Math.sin(lat) ** 2);
  const altitude = Math.abs(lat) > Math.PI / 4 ? z / Math.sin(lat) - n * (1 - e2) : p / Math.cos(lat) - n;
  return { lon_deg: (Math.atan2(y, x) * 180) / Math.PI, lat_deg: (lat * 180) / Math.PI, altitude_m: altitude };
}
