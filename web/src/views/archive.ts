import type { GeoJSONSource, Map as FlatMap } from "maplibre-gl";
import type { Feature } from "geojson";
import { get } from "../lib/api.ts";
import { h, put, settled } from "../lib/dom.ts";
import { Drawing } from "../lib/drawing.ts";
import { renderer } from "../lib/picture.ts";
import { pages } from "../lib/pages.ts";
import { boxOf } from "../lib/places.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { both, iso, ms, utc } from "../lib/when.ts";
import { t } from "../lib/words.ts";
import { Layers, layersOf, type Item, type Layer } from "./layers.ts";
import type { Context, Shown } from "./views.ts";

interface Collection { readonly id: string; readonly title?: string }

/** What has been pictured and made: by map and time, looked at, compared, downloaded. */
export async function archive(box: HTMLElement, context: Context, early: (element: HTMLElement) => void): Promise<Shown> {
  const { collections } = await get<{ collections: readonly Collection[] }>("stac/collections");
  const desk = new ArchiveDesk(box, context, collections);
  early(box);
  await desk.begin();
  return desk;
}

class ArchiveDesk implements Shown {
  private readonly box: HTMLElement;
  private readonly context: Context;
  private readonly stage = h("div", { class: "stage" });
  private readonly results = h("section", { "aria-live": "polite" });
  private readonly one = h("section", { class: "one" });
  private readonly collection: HTMLSelectElement;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly inView: HTMLInputElement;
  private map: FlatMap | undefined;
  private layers: Layers | undefined;
  private found: readonly Item[] = [];
  private chosen = "";
  private items = new Map<string, Item>();

  constructor(box: HTMLElement, context: Context, collections: readonly Collection[]) {
    const { state, mission } = context;
    this.box = box;
    this.context = context;
    const again = (): void => { this.remember(); void this.search(); };
    this.collection = h("select", { id: "collection", onchange: again }, h("option", { value: "" }, t("archive.every")), collections.map((one) => h("option", { value: one.id, selected: one.id === state["in"] }, one.title || one.id)));
    this.from = h("input", { id: "since", type: "datetime-local", step: 1, value: (state["from"] ?? iso(ms(mission.start) - 86_400_000)).slice(0, 19), onchange: again });
    this.to = h("input", { id: "until", type: "datetime-local", step: 1, value: (state["to"] ?? iso(ms(mission.stop))).slice(0, 19), onchange: again });
    this.inView = h("input", { id: "inview", type: "checkbox", checked: state["here"] === "1", onchange: again });
  }

  async begin(): Promise<void> {
    const field = (input: HTMLElement, label: string): HTMLElement => h("div", {}, h("label", { for: input.id }, label), input);
    const copied = h("span", { role: "status", class: "note" });
    put(this.box, h("h1", {}, t("view.archive")),
      h("form", { class: "fields", onsubmit: (event: Event) => { event.preventDefault(); void this.search(); } }, field(this.collection, t("archive.collection")), field(this.from, t("archive.from")), field(this.to, t("archive.to")),
        h("div", { class: "check" }, this.inView, h("label", { for: "inview" }, t("archive.here"))), h("button", { type: "submit", class: "main" }, t("archive.search")),
        h("button", { type: "button", onclick: () => navigator.clipboard.writeText(location.href).then(() => put(copied, t("archive.copied")), () => put(copied, location.href)) }, t("archive.share")), copied),
      h("div", { class: "look" }, h("div", { class: "left" }, this.stage), this.one), this.results);
    if (renderer() === "none") this.stage.hidden = true;
    else await this.startMap();
    await this.search();
    const { item, second } = this.context.state;
    if (item) await this.open(item, this.context.state["layer"] ?? "", second ?? "", this.context.state["layer2"] ?? "");
    else put(this.one, h("p", { class: "note" }, t("archive.choose")));
  }

  private async startMap(): Promise<void> {
    const { baseMap, NONE } = await import("../lib/flat.ts");
    const [lon = 15, lat = 25, zoom = 1] = (this.context.state["at"] ?? "").split(",").filter(Boolean).map(Number);
    const room = h("div", { class: "room" });
    put(this.stage, room);
    const drawing = new Drawing(this.stage, this.context.say);
    const map = await baseMap(room, { dark: this.context.dark(), centre: [lon, lat], zoom, label: t("archive.map") });
    map.addSource("found", { type: "geojson", data: NONE });
    map.addLayer({ id: "found-fill", type: "fill", source: "found", paint: { "fill-color": "#0072b2", "fill-opacity": ["case", ["get", "filled"], 0.25, 0] } });
    map.addLayer({ id: "found-line", type: "line", source: "found", paint: { "line-color": ["case", ["get", "chosen"], "#d55e00", "#0072b2"], "line-width": ["case", ["get", "chosen"], 3, 1.5] } });
    map.addSource("spots", { type: "geojson", data: NONE });
    map.addLayer({ id: "spots", type: "circle", source: "spots", maxzoom: 6, paint: { "circle-radius": 5, "circle-color": "#0072b2", "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 } });
    for (const layer of ["found-fill", "spots"]) map.on("click", layer, (event) => { const key = String(event.features?.[0]?.properties["key"] ?? ""); if (key) void this.open(key); });
    map.on("moveend", () => this.moved());
    this.map = map;
    this.layers = new Layers(this.stage, map, this.context, drawing);
  }

  private readonly moved = settled(() => {
    const at = this.map!.getCenter();
    keep({ at: `${at.lng.toFixed(4)},${at.lat.toFixed(4)},${this.map!.getZoom().toFixed(2)}` });
    if (this.inView.checked) void this.search();
  }, 300);

  private remember(): void {
    keep({ in: this.collection.value, from: this.from.value && `${this.from.value}Z`, to: this.to.value && `${this.to.value}Z`, here: this.inView.checked ? "1" : "" });
  }

  private async search(): Promise<void> {
    const body: Record<string, unknown> = { limit: 200, sortby: [{ field: "properties.datetime", direction: "desc" }] };
    if (this.collection.value) body["collections"] = [this.collection.value];
    if (this.from.value || this.to.value) body["datetime"] = `${this.from.value ? iso(ms(`${this.from.value}Z`)) : ".."}/${this.to.value ? iso(ms(`${this.to.value}Z`)) : ".."}`;
    const bounds = this.inView.checked ? this.map?.getBounds() : undefined;
    if (bounds) body["bbox"] = [Math.max(-180, bounds.getWest()), Math.max(-90, bounds.getSouth()), Math.min(180, bounds.getEast()), Math.min(90, bounds.getNorth())];
    try {
      const answer = await pages<Item>("stac/search", 1000, body);
      this.found = answer.features;
      for (const item of answer.features) this.items.set(keyOf(item), item);
      this.mark();
      put(this.results, table({ name: "scenes", caption: t("archive.found"), rows: answer.features, more: answer.more, empty: t("archive.nothing"), columns: [
        { key: "id", head: t("archive.item"), value: (item) => item.id, show: (item) => h("button", { type: "button", class: "link", onclick: () => void this.open(keyOf(item)) }, item.id) },
        { key: "collection", head: t("archive.collection"), value: (item) => item.collection },
        { key: "datetime", head: t("col.time"), value: timeOf, show: (item) => both(timeOf(item)) },
        { key: "platform", head: t("col.satellite"), value: (item) => text(item.properties["platform"]) },
        { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (item) => num(item.properties["view:off_nadir"]), show: (item) => num(item.properties["view:off_nadir"])?.toFixed(1) ?? "–" },
        { key: "cloud", head: t("archive.cloud"), number: true, value: (item) => num(item.properties["eo:cloud_cover"]), show: (item) => num(item.properties["eo:cloud_cover"])?.toFixed(0) ?? "–" },
        { key: "real", head: t("order.real"), value: (item) => (item.properties["swath:simulated"] ? t("shell.simulated") : t("shell.real")) },
      ] }), answer.more ? h("p", { class: "note" }, t("archive.more", { shown: answer.features.length })) : null);
    } catch (error) {
      put(this.results, trouble(error));
    }
  }

  private mark(): void {
    const { chosen } = this;
    if (!this.map) return;
    const opened = this.items.get(chosen);
    // the chosen one last, so that nothing lies over it, and the others without filling, so that its pixels are seen
    const shown = [...this.found.filter((item) => keyOf(item) !== chosen), ...(opened ? [opened] : [])];
    const features: Feature[] = shown.filter((item) => item.geometry).map((item) => ({ type: "Feature", properties: { key: keyOf(item), chosen: keyOf(item) === chosen, filled: !opened }, geometry: item.geometry! }));
    (this.map.getSource("found") as GeoJSONSource).setData({ type: "FeatureCollection", features });
    const spots: Feature[] = features.flatMap((one) => { const box = boxOf(one.geometry); return box ? [{ ...one, geometry: { type: "Point" as const, coordinates: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] } }] : []; });
    (this.map.getSource("spots") as GeoJSONSource).setData({ type: "FeatureCollection", features: spots });
  }

  private async item(key: string): Promise<Item> {
    const known = this.items.get(key);
    if (known) return known;
    const [collection = "", id = ""] = key.split("/", 2);
    const item = await get<Item>(`stac/collections/${encodeURIComponent(collection)}/items/${encodeURIComponent(id)}`);
    this.items.set(key, item);
    return item;
  }

  private async open(key: string, layer = "", second = "", secondLayer = ""): Promise<void> {
    let item: Item;
    try {
      item = await this.item(key);
    } catch (error) {
      return put(this.one, trouble(error));
    }
    const offered = layersOf(item);
    const shown = offered.find((one) => one.name === layer) ?? offered[0];
    keep({ item: key, layer: shown?.name ?? "", second, layer2: secondLayer });
    this.chosen = key;
    this.mark();
    const box = boxOf(item.geometry);
    const at = this.context.state["at"];
    if (box && this.map && !(at && key === this.context.state["item"])) this.map.fitBounds(box, { padding: 40, animate: false, maxZoom: 14 });
    this.layers?.show(item, shown);
    const values = h("div", { class: "values" });
    this.layers?.tellValues(values);
    const compare = h("div", { class: "compare" });
    put(this.one, h("div", { class: "panel" }, h("h2", {}, item.id),
      h("p", { class: item.properties["swath:simulated"] ? "truth simulated" : "truth real" }, item.properties["swath:simulated"] ? t("shell.simulated") : t("shell.real")),
      h("p", {}, both(timeOf(item))),
      offered.length ? h("fieldset", {}, h("legend", {}, t("archive.layers")), offered.map((one) => h("div", { class: "check" }, h("input", { type: "radio", name: "layer", id: `layer-${one.name}`, checked: one === shown, onchange: () => { keep({ layer: one.name }); this.layers?.show(item, one); void this.layers?.histogram(values); } }), h("label", { for: `layer-${one.name}` }, one.title)))) : h("p", { class: "note" }, t("archive.nolayer")),
      compare, values,
      h("h3", {}, t("archive.download")), h("ul", { class: "files" }, Object.entries(item.assets).map(([name, asset]) => h("li", {}, h("a", { href: asset.href, download: "" }, asset.title || name), " ", h("small", {}, asset.type ?? "")))),
      h("details", {}, h("summary", {}, t("archive.facts")), table({ name: item.id, caption: t("archive.facts"), rows: Object.entries(item.properties), columns: [
        { key: "name", head: t("col.what"), value: ([name]) => name }, { key: "value", head: t("plan.value"), value: ([, value]) => (typeof value === "object" ? JSON.stringify(value) : String(value)) } ] }))));
    await this.compare(compare, item, key, second, secondLayer);
    if (shown) await this.layers?.histogram(values);
  }

  /** Another picture of the same place, beside this one, parted by a slider. */
  private async compare(box: HTMLElement, item: Item, key: string, second: string, layer: string): Promise<void> {
    const mine = boxOf(item.geometry);
    const others = this.found.filter((one) => keyOf(one) !== key && layersOf(one).length && mine && meets(mine, boxOf(one.geometry)));
    if (second && !others.some((one) => keyOf(one) === second)) {
      const asked = await this.item(second).catch(() => undefined);
      if (asked) others.push(asked);
    }
    this.beside(others.find((one) => keyOf(one) === second), layer);
    if (!others.length) return put(box, h("p", { class: "note" }, t("archive.alone")));
    const choose = h("select", { id: "second", onchange: () => {
      keep({ second: choose.value, layer2: "" });
      this.beside(others.find((one) => keyOf(one) === choose.value), "");
    } }, h("option", { value: "" }, t("archive.nobody")), others.map((one) => h("option", { value: keyOf(one), selected: keyOf(one) === second }, `${utc(ms(timeOf(one)), false)} ${one.id}`)));
    put(box, h("label", { for: "second" }, t("archive.compare")), choose);
  }

  private beside(item: Item | undefined, layer: string): void {
    const offered = item ? layersOf(item) : [];
    const shown: Layer | undefined = offered.find((one) => one.name === layer) ?? offered[0];
    void this.layers?.beside(item, shown);
  }

  news(news: { kind: string }): void {
    if (news.kind === "scene" || news.kind === "product") this.fresh();
  }

  private readonly fresh = settled(() => void this.search(), 1000);

  async paint(dark: boolean): Promise<void> {
    const { recolor } = await import("../lib/flat.ts");
    if (this.map) recolor(this.map, dark);
    this.layers?.paint(dark);
  }

  close(): void {
    this.layers?.close();
    this.map?.remove();
  }
}

export const keyOf = (item: Item): string => `${item.collection}/${item.id}`;
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const num = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const timeOf = (item: Item): string => text(item.properties["datetime"]) || text(item.properties["start_datetime"]);
const meets = (a: readonly number[], b: readonly number[] | undefined): boolean => Boolean(b) && a[0]! <= b![2]! && b![0]! <= a[2]! && a[1]! <= b![3]! && b![1]! <= a[3]!;
