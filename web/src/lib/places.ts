import type { Geometry, Polygon, Point, Position } from "geojson";

/**
 * A place from what a person pastes: GeoJSON (a geometry, a feature, a collection of one), WKT of a point or polygon, or "longitude,
 * latitude". Longitude comes first. Undefined where it is none of these.
 */
export function readPlace(text: string): Point | Polygon | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) {
    try {
      return usable(JSON.parse(trimmed) as Pasted);
    } catch {
      return undefined;
    }
  }
  const wkt = /^(?:SRID=4326;)?\s*(POINT|POLYGON)\s*(?:Z\s*)?\((.*)\)$/is.exec(trimmed);
  if (wkt) {
    if (wkt[1]!.toUpperCase() === "POINT") return point(numbers(wkt[2]!));
    const ring = /^\s*\(([^()]*)\)/.exec(wkt[2]!);
    return ring ? polygon(ring[1]!.split(",").map(numbers)) : undefined;
  }
  const pair = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(trimmed);
  return pair ? point([Number(pair[1]), Number(pair[2])]) : undefined;
}

interface Pasted { readonly type?: string; readonly geometry?: Geometry; readonly features?: readonly Pasted[]; readonly coordinates?: unknown }

function usable(value: Pasted): Point | Polygon | undefined {
  if (value.type === "FeatureCollection") return value.features?.length === 1 ? usable(value.features[0]!) : undefined;
  if (value.type === "Feature") return value.geometry ? usable(value.geometry as Pasted) : undefined;
  if (value.type === "Point") return point(value.coordinates as Position);
  if (value.type === "Polygon") return polygon((value.coordinates as Position[][])[0] ?? []);
  if (value.type === "MultiPolygon") return (value.coordinates as Position[][][]).length === 1 ? polygon((value.coordinates as Position[][][])[0]![0] ?? []) : undefined;
  return undefined;
}

const numbers = (text: string): Position => text.trim().split(/\s+/).map(Number);
const inside = (at: Position): boolean => at.length >= 2 && Math.abs(at[0]!) <= 180 && Math.abs(at[1]!) <= 90;
const rounded = (at: Position): Position => [Math.round(at[0]! * 1e6) / 1e6, Math.round(at[1]! * 1e6) / 1e6];

function point(at: Position): Point | undefined {
  return Array.isArray(at) && inside(at) ? { type: "Point", coordinates: rounded(at) } : undefined;
}

/** Closed, counter-clockwise as GeoJSON wants it. */
export function polygon(ring: readonly Position[]): Polygon | undefined {
  if (!Array.isArray(ring) || !ring.every((at) => Array.isArray(at) && inside(at))) return undefined;
  const open = ring.map(rounded);
  if (open.length > 1 && open[0]!.join() === open[open.length - 1]!.join()) open.pop();
  if (new Set(open.map(String)).size < 3) return undefined;
  const twice = open.reduce((sum, at, n) => { const next = open[(n + 1) % open.length]!; return sum + at[0]! * next[1]! - next[0]! * at[1]!; }, 0);
  if (twice === 0) return undefined;
  if (twice < 0) open.reverse();
  return { type: "Polygon", coordinates: [[...open, open[0]!]] };
}

/** West, south, east, north. */
export function boxOf(geometry: Geometry | null | undefined): [number, number, number, number] | undefined {
  const lons: number[] = [];
  const lats: number[] = [];
  const walk = (value: unknown): void => {
    if (!Array.isArray(value)) return;
    if (typeof value[0] === "number" && typeof value[1] === "number") {
      lons.push(value[0]);
      lats.push(value[1]);
    } else value.forEach(walk);
  };
  if (geometry && "coordinates" in geometry) walk(geometry.coordinates);
  return lons.length ? [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)] : undefined;
}
