import { Map as FlatMap, AttributionControl, Marker, NavigationControl, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Feature, FeatureCollection } from "geojson";
import { palette, type Picture, type PictureOptions } from "./picture.ts";
import { night } from "./sun.ts";
import { tracks, type Packet } from "./track.ts";
import { world } from "./world.ts";

setWorkerUrl(new URL(worker, document.baseURI).href);

export const NONE: FeatureCollection = { type: "FeatureCollection", features: [] };
const TAIL_MS = 45 * 60_000;

/** A map without anything but sea, land and lines; `add` what is to be seen. No glyph files: words are HTML. */
export async function baseMap(box: HTMLElement, options: { dark: boolean; centre: readonly [number, number]; zoom: number; label: string }): Promise<FlatMap> {
  const shores = await world();
  const map = new FlatMap({
    container: box, style: style(options.dark), center: [...options.centre] as [number, number], zoom: options.zoom, attributionControl: false,
    fadeDuration: 0, renderWorldCopies: true, dragRotate: false, pitchWithRotate: false, maxPitch: 0,
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new AttributionControl({ compact: true, customAttribution: "Natural Earth" }), "bottom-right");
  map.getCanvas().setAttribute("aria-label", options.label);
  map.touchZoomRotate.disableRotation();
  await new Promise<void>((ready) => void map.once("load", () => ready()));
  (map.getSource("land") as GeoJSONSource).setData({ type: "Feature", properties: {}, geometry: shores });
  return map;
}

function style(dark: boolean): StyleSpecification {
  const colors = palette(dark);
  return {
    version: 8,
    sources: { land: { type: "geojson", data: NONE }, night: { type: "geojson", data: NONE } },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colors.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": colors.land, "fill-antialias": true } },
      { id: "shore", type: "line", source: "land", paint: { "line-color": colors.shore, "line-width": 0.8 } },
      { id: "night", type: "fill", source: "night", paint: { "fill-color": "#000820", "fill-opacity": dark ? 0.4 : 0.22 } },
    ],
  };
}

export function recolor(map: FlatMap, dark: boolean): void {
  const colors = palette(dark);
  map.setPaintProperty("sea", "background-color", colors.sea);
  map.setPaintProperty("land", "fill-color", colors.land);
  map.setPaintProperty("shore", "line-color", colors.shore);
  map.setPaintProperty("night", "fill-opacity", dark ? 0.4 : 0.22);
}

/** The same as the globe shows, on a flat map: for small screens and old computers. */
export async function flatPicture(box: HTMLElement, options: PictureOptions & { label: string }): Promise<Picture> {
  const packets = JSON.parse(options.czml) as Packet[];
  const flying = tracks(packets);
  const map = await baseMap(box, { dark: options.dark, centre: options.centre, zoom: box.clientWidth < 600 ? 0.2 : 1, label: options.label });
  map.addSource("pictures", { type: "geojson", data: NONE });
  map.addSource("tails", { type: "geojson", data: NONE });
  map.addSource("points", { type: "geojson", data: NONE });
  map.addLayer({ id: "pictures", type: "fill", source: "pictures", paint: { "fill-color": ["get", "color"], "fill-opacity": 0.6 } });
  map.addLayer({ id: "spots", type: "circle", source: "pictures", filter: ["==", ["geometry-type"], "Polygon"], maxzoom: 6,
    paint: { "circle-radius": 3, "circle-color": ["get", "color"] } });
  map.addLayer({ id: "tails", type: "line", source: "tails", paint: { "line-color": ["get", "color"], "line-width": 2 } });
  map.addLayer({ id: "points", type: "circle", source: "points", paint: {
    "circle-radius": ["case", ["==", ["get", "kind"], "station"], 5, 7], "circle-color": ["get", "color"], "circle-stroke-width": 2, "circle-stroke-color": palette(options.dark).ink } });
  const words = marks(map, packets, flying.map(({ id, name }) => ({ id: `satellite/${id}`, name })));
  for (const layer of ["points", "pictures", "spots"]) {
    map.on("click", layer, (event) => options.pick(String(event.features?.[0]?.properties["id"] ?? "")));
  }
  const stations = packets.filter((p) => p.id.startsWith("station/"));
  const pictures = packets.filter((p) => p.polygon).map((p) => ({ from: Date.parse(p.availability!.split("/")[0]!), feature: footprint(p) }));
  let now = options.time;
  let hour = NaN;
  const show = (time: number): void => {
    now = time;
    if (Math.round(time / 300_000) !== hour) {
      hour = Math.round(time / 300_000);
      (map.getSource("night") as GeoJSONSource).setData({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [night(time)] } });
      (map.getSource("pictures") as GeoJSONSource).setData({ type: "FeatureCollection", features: pictures.filter((p) => p.from <= time).map((p) => p.feature) });
    }
    const points: Feature[] = stations.map((p) => point(p.id, [...p.position!.cartographicDegrees!].slice(0, 2) as [number, number], palette(options.dark).ink, "station"));
    const tails: Feature[] = [];
    for (const track of flying) {
      const at = track.at(time);
      words.move(`satellite/${track.id}`, at && [at.lon_deg, at.lat_deg]);
      if (!at) continue;
      points.push(point(`satellite/${track.id}`, [at.lon_deg, at.lat_deg], track.color, "satellite"));
      tails.push({ type: "Feature", properties: { color: track.color }, geometry: { type: "MultiLineString", coordinates: tail(track.at, time) } });
    }
    (map.getSource("points") as GeoJSONSource).setData({ type: "FeatureCollection", features: points });
    (map.getSource("tails") as GeoJSONSource).setData({ type: "FeatureCollection", features: tails });
  };
  show(now);
  await new Promise<void>((ready) => void map.once("idle", () => ready()));
  return {
    kind: "map", show,
    paint(dark) {
      recolor(map, dark);
      map.setPaintProperty("points", "circle-stroke-color", palette(dark).ink);
    },
    go(id) {
      const track = flying.find((one) => id === `satellite/${one.id}`);
      const at = track?.at(now);
      const fixed = packets.find((p) => p.id === id)?.position?.cartographicDegrees;
      if (at) map.jumpTo({ center: [at.lon_deg, at.lat_deg], zoom: 3 });
      else if (fixed) map.jumpTo({ center: [fixed[0]!, fixed[1]!], zoom: id.startsWith("station/") ? 3 : 8 });
    },
    resize: () => void map.resize(),
    close: () => map.remove(),
  };
}

function tail(at: (time: number) => { lon_deg: number; lat_deg: number } | undefined, time: number): [number, number][][] {
  const lines: [number, number][][] = [[]];
  for (let back = TAIL_MS; back >= 0; back -= 60_000) {
    const there = at(time - back);
    if (!there) continue;
    const line = lines[lines.length - 1]!;
    const before = line[line.length - 1];
    if (before && Math.abs(before[0] - there.lon_deg) > 180) lines.push([[there.lon_deg, there.lat_deg]]);
    else line.push([there.lon_deg, there.lat_deg]);
  }
  return lines.filter((line) => line.length > 1);
}

const point = (id: string, coordinates: [number, number], color: string, kind: string): Feature => ({
  type: "Feature", properties: { id, color, kind }, geometry: { type: "Point", coordinates },
});

function footprint(packet: Packet): Feature {
  const flat = packet.polygon!.positions.cartographicDegrees;
  const ring: [number, number][] = [];
  for (let n = 0; n < flat.length; n += 3) ring.push([flat[n]!, flat[n + 1]!]);
  if (ring.length) ring.push(ring[0]!);
  const rgba = (packet.polygon as unknown as { material?: { solidColor?: { color?: { rgba?: number[] } } } }).material?.solidColor?.color?.rgba ?? [230, 159, 0];
  return { type: "Feature", properties: { id: packet.id, color: `rgb(${rgba.slice(0, 3).join(",")})` }, geometry: { type: "Polygon", coordinates: [ring] } };
}

/** Names beside stations and satellites, as HTML: the map needs no font files then. */
function marks(map: FlatMap, packets: readonly Packet[], moving: readonly { id: string; name: string }[]): { move(id: string, to?: [number, number]): void } {
  const made = new Map<string, Marker>();
  const make = (name: string): Marker => {
    const element = document.createElement("span");
    element.className = "mark";
    element.textContent = name;
    return new Marker({ element, anchor: "left", offset: [9, 0] });
  };
  for (const packet of packets) {
    const at = packet.id.startsWith("station/") && packet.position?.cartographicDegrees;
    if (at) make(packet.name ?? packet.id).setLngLat([at[0]!, at[1]!]).addTo(map);
  }
  for (const { id, name } of moving) made.set(id, make(name));
  return {
    move(id, to) {
      const mark = made.get(id);
      if (!mark) return;
      if (!to) mark.remove();
      else mark.setLngLat(to).addTo(map);
    },
  };
}
