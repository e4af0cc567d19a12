import type { Map as FlatMap, RasterTileSource } from "maplibre-gl";
import type { Geometry } from "geojson";
import { address, get } from "../lib/api.ts";
import { h, put, s, settled } from "../lib/dom.ts";
import type { Drawing } from "../lib/drawing.ts";
import { boxOf } from "../lib/places.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { t } from "../lib/words.ts";
import type { Context } from "./views.ts";

interface Asset { readonly href: string; readonly title?: string; readonly type?: string; readonly roles?: readonly string[] }
export interface Item {
  readonly id: string; readonly collection: string; readonly geometry: Geometry | null;
  readonly properties: Readonly<Record<string, unknown>>; readonly assets: Readonly<Record<string, Asset>>;
}
export interface Layer { readonly name: string; readonly title: string }
interface Histogram { readonly bands: readonly { readonly name: string; readonly low: number; readonly high: number; readonly counts: readonly number[]; readonly mean: number }[]; readonly pixels: number; readonly seen: number }

/** What of an item can be shown on a map: its georeferenced pictures. */
export function layersOf(item: Item): Layer[] {
  return Object.entries(item.assets)
    .filter(([, asset]) => /tiff/.test(asset.type ?? "") && !(asset.roles ?? []).includes("sensor"))
    .map(([name, asset]) => ({ name, title: asset.title || name }));
}

const path = (item: Item, layer: Layer): string => [item.collection, item.id, layer.name].map(encodeURIComponent).join("/");

/** Pictures on the map, one beside another, and what their pixels hold. */
export class Layers {
  private readonly stage: HTMLElement;
  private readonly map: FlatMap;
  private readonly context: Context;
  private readonly drawing: Drawing;
  private shown: { item: Item; layer: Layer } | undefined;
  private other: { item: Item; layer: Layer } | undefined;
  private second: FlatMap | undefined;
  private readonly curtain = h("div", { class: "curtain", hidden: true });
  private readonly slider: HTMLInputElement;
  private readonly readout = h("p", { class: "readout", role: "status" });

  constructor(stage: HTMLElement, map: FlatMap, context: Context, drawing: Drawing) {
    this.stage = stage;
    this.map = map;
    this.context = context;
    this.drawing = drawing;
    drawing.watch(map);
    this.slider = h("input", { type: "range", min: 0, max: 100, value: context.state["split"] ?? "50", class: "split", "aria-label": t("archive.slider"), hidden: true, oninput: () => { this.part(); keep({ split: this.slider.value }); } });
    stage.append(this.curtain, this.slider);
    map.on("mousemove", (event) => this.look(event.lngLat.lng, event.lngLat.lat));
    map.on("moveend", () => { const at = map.getCenter(); this.look(at.lng, at.lat); });
  }

  show(item: Item, layer: Layer | undefined): void {
    this.shown = layer ? { item, layer } : undefined;
    tiles(this.map, this.shown);
    this.drawing.anew();
  }

  async beside(item: Item | undefined, layer: Layer | undefined): Promise<void> {
    this.other = item && layer ? { item, layer } : undefined;
    this.curtain.hidden = this.slider.hidden = !this.other;
    if (!this.other) {
      if (this.second) tiles(this.second, undefined); // nobody sees them
      return;
    }
    if (!this.second) {
      const { baseMap } = await import("../lib/flat.ts");
      const at = this.map.getCenter();
      this.second = await baseMap(this.curtain, { dark: this.context.dark(), centre: [at.lng, at.lat], zoom: this.map.getZoom(), label: t("archive.map") });
      this.second.getCanvas().tabIndex = -1;
      this.drawing.watch(this.second);
      let led = false;
      const follow = (from: FlatMap, to: FlatMap) => (): void => {
        if (led) return;
        led = true;
        to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
        led = false;
      };
      this.map.on("move", follow(this.map, this.second));
      this.second.on("move", follow(this.second, this.map));
      this.second.on("mousemove", (event) => this.look(event.lngLat.lng, event.lngLat.lat));
    }
    this.second.resize();
    tiles(this.second, this.other);
    this.drawing.anew();
    this.part();
  }

  private part(): void {
    this.curtain.style.clipPath = `inset(0 0 0 ${this.slider.value}%)`;
    this.stage.style.setProperty("--split", `${this.slider.value}%`);
  }

  tellValues(box: HTMLElement): void {
    put(box, this.readout);
    const at = this.map.getCenter();
    this.look(at.lng, at.lat);
  }

  /** Values under the pointer; by keyboard, those in the middle of the map. */
  private readonly look = settled((lon: number, lat: number): void => {
    const both = [this.shown, this.other].filter((one) => one !== undefined);
    if (!both.length) return;
    const ask = async ({ item, layer }: { item: Item; layer: Layer }): Promise<HTMLElement> => {
      try {
        const { bands } = await get<{ bands: Record<string, number | string | null> }>(`values/${path(item, layer)}?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}`);
        return h("span", {}, Object.entries(bands).map(([name, value]) => h("span", { class: "value" }, h("small", {}, name), " ", typeof value === "number" ? Number(value.toPrecision(4)).toString() : String(value ?? "–"))));
      } catch {
        return h("span", { class: "note" }, t("archive.outside"));
      }
    };
    void Promise.all(both.map(ask)).then((told) => put(this.readout, h("small", {}, `${lon.toFixed(5)}, ${lat.toFixed(5)} `), told));
  }, 80);

  async histogram(box: HTMLElement): Promise<void> {
    const { shown } = this;
    put(box, this.readout);
    if (!shown) return;
    try {
      const found = await get<Histogram>(`page/histogram/${path(shown.item, shown.layer)}`);
      if (this.shown !== shown) return;
      put(box, this.readout, h("h3", {}, t("archive.histogram")), found.bands.map(chart), h("p", { class: "note" }, t("archive.histogram.note", { seen: found.seen, pixels: found.pixels })),
        h("details", {}, h("summary", {}, t("archive.table")), table({ name: `histogram-${shown.item.id}`, caption: t("archive.histogram"), rows: found.bands.flatMap((band) => band.counts.map((count, n) => ({ band: band.name, from: band.low + ((band.high - band.low) * n) / band.counts.length, count }))), columns: [
          { key: "band", head: t("archive.band"), value: (row) => row.band }, { key: "from", head: t("archive.fromvalue"), number: true, value: (row) => Number(row.from.toPrecision(5)) }, { key: "count", head: t("archive.count"), number: true, value: (row) => row.count } ] })));
    } catch {
      put(box, this.readout, h("p", { class: "note" }, t("archive.nohistogram")));
    }
  }

  paint(dark: boolean): void {
    const { second } = this;
    if (second) void import("../lib/flat.ts").then(({ recolor }) => recolor(second, dark));
  }

  close(): void {
    this.drawing.close();
    this.second?.remove();
  }
}

function tiles(map: FlatMap, shown: { item: Item; layer: Layer } | undefined): void {
  if (map.getLayer("tiles")) map.removeLayer("tiles");
  if (map.getSource("tiles")) map.removeSource("tiles");
  if (!shown) return;
  const box = boxOf(shown.item.geometry);
  map.addSource("tiles", { type: "raster", tiles: [`${address(`tiles/${path(shown.item, shown.layer)}`)}/{z}/{x}/{y}.png`], tileSize: 256, maxzoom: 16, ...(box ? { bounds: box } : {}) });
  map.addLayer({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-fade-duration": 0, "raster-resampling": "nearest" } }, map.getLayer("night") ? "night" : undefined);
  void (map.getSource("tiles") as RasterTileSource);
}

function chart(band: Histogram["bands"][number]): HTMLElement {
  const most = Math.max(1, ...band.counts);
  const width = 300 / band.counts.length;
  return h("figure", { class: "histogram" }, s("svg", { viewBox: "0 0 300 60", preserveAspectRatio: "none", role: "img", "aria-label": t("archive.histogram.says", { band: band.name, least: band.low.toPrecision(3), most: band.high.toPrecision(3), mean: band.mean.toPrecision(3) }) },
    band.counts.map((count, n) => s("rect", { x: n * width, y: 60 - (58 * count) / most, width: Math.max(0.5, width - 0.4), height: (58 * count) / most }))),
    h("figcaption", {}, h("strong", {}, band.name), ` ${band.low.toPrecision(3)} – ${band.high.toPrecision(3)}, ${t("archive.mean")} ${band.mean.toPrecision(3)}`));
}
