import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { MultiPolygon, Position } from "geojson";

type Ring = Position[];

/**
 * Land as polygons that stay within -180..180: the published ones run across the date line and around the South Pole, which
 * flat maps draw as smears.
 */
export function land(topology: Topology): MultiPolygon {
  const collection = feature(topology, topology.objects["land"] as GeometryCollection);
  const found: Ring[][] = [];
  for (const { geometry } of collection.features) {
    if (geometry.type === "Polygon") found.push(...cut(geometry.coordinates));
    else if (geometry.type === "MultiPolygon") for (const polygon of geometry.coordinates) found.push(...cut(polygon));
  }
  return { type: "MultiPolygon", coordinates: found };
}

/** One polygon in parts, none of which crosses the date line. */
export function cut(polygon: Ring[]): Ring[][] {
  const rings = polygon.map(unwrapped);
  const lons = rings[0]!.map(([lon]) => lon!);
  const first = Math.floor((Math.min(...lons) + 180) / 360);
  const last = Math.ceil((Math.max(...lons) + 180) / 360) - 1;
  const parts: Ring[][] = [];
  for (let turn = first; turn <= Math.max(first, last); turn++) {
    const shifted = rings.map((ring) => ring.map(([lon, lat]) => [lon! - 360 * turn, lat!]));
    const kept = shifted.map((ring) => beside(beside(ring, 180, -1), -180, 1)).filter((ring) => ring.length > 3);
    if (kept.length) parts.push(kept);
  }
  return parts;
}

/** Longitudes without jumps; a ring around a pole is closed along it. */
function unwrapped(ring: Ring): Ring {
  let turns = 0;
  const out = ring.map(([lon, lat], n) => {
    const step = n ? lon! - ring[n - 1]![0]! : 0;
    if (Math.abs(step) > 180) turns -= Math.sign(step);
    return [lon! + 360 * turns, lat!];
  });
  const [start, end] = [out[0]!, out[out.length - 1]!];
  if (Math.abs(end[0]! - start[0]!) > 180) {
    const pole = end[1]! < 0 ? -90 : 90;
    out.push([end[0]!, pole], [start[0]!, pole], start);
  }
  return out;
}

/** What of a ring lies on one side of a meridian (Sutherland and Hodgman); closed. */
function beside(ring: Ring, lon: number, sign: number): Ring {
  const inside = (p: Position): boolean => sign * (p[0]! - lon) >= 0;
  const out: Ring = [];
  ring.forEach((here, n) => {
    const before = ring[(n || ring.length) - 1]!;
    if (n && inside(here) !== inside(before)) {
      const share = (lon - before[0]!) / (here[0]! - before[0]!);
      out.push([lon, before[1]! + share * (here[1]! - before[1]!)]);
    }
    if (inside(here)) out.push(here);
  });
  if (out.length && (out[0]![0] !== out[out.length - 1]![0] || out[0]![1] !== out[out.length - 1]![1])) out.push(out[0]!);
  return out;
}
