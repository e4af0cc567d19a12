import type { GeoJSONSource, Map as FlatMap, MapMouseEvent } from "maplibre-gl";
import type { Feature, Position } from "geojson";
import { NONE } from "./flat.ts";
import { polygon } from "./places.ts";

export type Tool = "none" | "point" | "box" | "polygon";

/** Drawing a place on a flat map: a click for a point, two for a box, as many as needed for a polygon and Enter or the first corner again. */
export class Draw {
  private corners: Position[] = [];
  private tool: Tool = "none";
  private readonly map: FlatMap;
  private readonly done: (geometry: { type: "Point"; coordinates: Position } | { type: "Polygon"; coordinates: Position[][] }) => void;

  constructor(map: FlatMap, done: Draw["done"]) {
    this.map = map;
    this.done = done;
    map.addSource("place", { type: "geojson", data: NONE });
    map.addSource("draft", { type: "geojson", data: NONE });
    map.addLayer({ id: "place-fill", type: "fill", source: "place", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#d55e00", "fill-opacity": 0.3 } });
    map.addLayer({ id: "place-line", type: "line", source: "place", filter: ["==", ["geometry-type"], "Polygon"], paint: { "line-color": "#d55e00", "line-width": 3 } });
    map.addLayer({ id: "place-point", type: "circle", source: "place", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 8, "circle-color": "#d55e00", "circle-stroke-width": 2, "circle-stroke-color": "#ffffff" } });
    map.addLayer({ id: "draft-line", type: "line", source: "draft", paint: { "line-color": "#d55e00", "line-width": 2, "line-dasharray": [2, 2] } });
    map.addLayer({ id: "draft-point", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": "#d55e00" } });
    map.on("click", (event) => this.click(event));
    map.on("mousemove", (event) => this.draft([event.lngLat.wrap().lng, event.lngLat.lat]));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.finish();
      if (event.key === "Escape") this.use("none");
    });
  }

  use(tool: Tool): void {
    this.tool = tool;
    this.corners = [];
    this.draft();
    this.map.getCanvas().style.cursor = tool === "none" ? "" : "crosshair";
    if (tool === "polygon") this.map.doubleClickZoom.disable();
    else this.map.doubleClickZoom.enable();
  }

  show(geometry: Feature["geometry"] | undefined): void {
    (this.map.getSource("place") as GeoJSONSource).setData(geometry ? { type: "Feature", properties: {}, geometry } : NONE);
  }

  private click(event: MapMouseEvent): void {
    const { lng, lat } = event.lngLat.wrap();
    if (this.tool === "none") return;
    if (this.tool === "point") return this.give({ type: "Point", coordinates: [lng, lat] });
    const first = this.corners[0];
    if (this.tool === "polygon" && first && this.corners.length > 2) {
      const a = this.map.project([first[0]!, first[1]!]);
      if (Math.hypot(a.x - event.point.x, a.y - event.point.y) < 12) return this.finish();
    }
    const last = this.corners[this.corners.length - 1];
    if (!last || last[0] !== lng || last[1] !== lat) this.corners.push([lng, lat]);
    if (this.tool === "box" && this.corners.length === 2) this.finish();
    else this.draft();
  }

  private shape(): Position[] {
    const [a, b] = this.corners;
    return this.tool === "box" && a && b ? [a, [b[0]!, a[1]!], b, [a[0]!, b[1]!]] : this.corners;
  }

  finish(): void {
    const made = polygon(this.shape());
    if (made) this.give(made);
  }

  private give(geometry: Parameters<Draw["done"]>[0]): void {
    this.use("none");
    this.show(geometry);
    this.done(geometry);
  }

  private draft(at?: Position): void {
    const source = this.map.getSource("draft") as GeoJSONSource;
    if (!this.corners.length || this.tool === "none") return void source.setData(NONE);
    const corners = at ? [...this.corners, at] : this.corners;
    const [a, b] = corners;
    const line = this.tool === "box" && a && b ? [a, [b[0]!, a[1]!], b, [a[0]!, b[1]!], a] : corners;
    const features: Feature[] = this.corners.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates } }));
    if (line.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } });
    source.setData({ type: "FeatureCollection", features });
  }
}
