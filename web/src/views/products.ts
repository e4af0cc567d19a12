import { send } from "../lib/api.ts";
import { h, put } from "../lib/dom.ts";
import { Drawing } from "../lib/drawing.ts";
import { renderer } from "../lib/picture.ts";
import { boxOf } from "../lib/places.ts";
import { keep, write } from "../lib/route.ts";
import { table, type Column } from "../lib/table.ts";
import { both } from "../lib/when.ts";
import { t } from "../lib/words.ts";
import { keyOf } from "./archive.ts";
import type { Item } from "./layers.ts";
import type { Context, Shown } from "./views.ts";

interface Estimate { readonly value: number; readonly unit: string; readonly interval: readonly [number, number] | null; readonly confidence?: number; readonly because?: string }

/** Fields, those first that look weakest; each leads to its pictures. */
export async function fields(box: HTMLElement, context: Context): Promise<Shown> {
  const found = await made("vegetation");
  const ranked = [...found].sort((a, b) => (estimate(a, "ndvi_mean")?.value ?? 9) - (estimate(b, "ndvi_mean")?.value ?? 9));
  put(box, h("h1", {}, t("view.fields")), h("p", { class: "note" }, t("fields.note")), ranking(context, "fields", t("fields.ranked"), ranked, "ndvi", [
    numbers("ndvi_mean", t("fields.ndvi"), 3), numbers("fields_seen", t("fields.seen"), 0), share("seen_share", t("products.seen")),
  ]));
  return {};
}

/** Floods: how much is under water, how sure that is, and what nobody has seen. */
export async function floods(box: HTMLElement, context: Context, early: (element: HTMLElement) => void): Promise<Shown> {
  const found = await made("flood");
  const map = h("div", { class: "left" });
  put(box, h("h1", {}, t("view.floods")), h("p", { class: "note" }, t("floods.note")), ranking(context, "floods", t("floods.maps"), found, "likelihood", [
    numbers("flooded_km2", t("floods.flooded"), 1), numbers("normal_water_km2", t("floods.normal"), 2), numbers("unseen_km2", t("floods.unseen"), 1), share("seen_share", t("products.seen")),
  ]), map, found.map((item) => h("section", { class: "panel" }, h("h2", {}, item.id), h("p", { class: item.properties["swath:simulated"] ? "truth simulated" : "truth real" }, item.properties["swath:simulated"] ? t("shell.simulated") : t("shell.real")),
    h("p", {}, String(item.properties["swath:because"] ?? "")),
    h("ul", {}, (["flooded_km2", "normal_water_km2", "unseen_km2"] as const).map((name) => { const told = estimate(item, name); return told ? h("li", {}, h("strong", {}, t(`floods.${name}`)), ` ${spoken(told, 2)} km² `, h("small", {}, told.because ?? "")) : null; })),
    h("p", {}, ["flood", "likelihood", "unseen"].filter((name) => name in item.assets).map((name, n) => [n ? " · " : null, h("a", { href: shown(item, name) }, t(`floods.layer.${name}`))])))));
  early(box);
  return found.length && renderer() !== "none" ? floodMap(map, context, found) : {};
}

const SHEETS = ["flood", "likelihood", "unseen"] as const;

/** The maps themselves: flooded, how likely, and what nobody has seen, with the values under the pointer. */
async function floodMap(box: HTMLElement, context: Context, found: readonly Item[]): Promise<Shown> {
  const [{ baseMap, recolor }, { Layers }] = await Promise.all([import("../lib/flat.ts"), import("./layers.ts")]);
  const stage = h("div", { class: "stage" });
  const tools = h("div", { class: "choice", role: "group", "aria-label": t("archive.layers") });
  const values = h("div", {});
  const room = h("div", { class: "room" });
  put(stage, room);
  const drawing = new Drawing(stage, context.say);
  const legend = h("p", { class: "note" });
  put(box, tools, stage, legend, values);
  const area = (item: Item): [[number, number], [number, number]] => { const [west, south, east, north] = boxOf(item.geometry) ?? [-180, -80, 180, 80]; return [[west, south], [east, north]]; };
  const map = await baseMap(room, { dark: context.dark(), centre: [0, 0], zoom: 1, label: t("floods.map") });
  const layers = new Layers(stage, map, context, drawing);
  const pick = (item: Item, name: string): void => {
    keep({ item: keyOf(item), layer: name });
    layers.show(item, { name, title: name });
    map.fitBounds(area(item), { padding: 20, animate: false });
    put(tools, found.length > 1 ? h("select", { "aria-label": t("floods.maps"), onchange: (event: Event) => { const other = found[Number((event.target as HTMLSelectElement).value)]; if (other) pick(other, name); } }, found.map((one, n) => h("option", { value: n, selected: one === item }, String(one.properties["swath:request"] ?? one.id)))) : null,
      SHEETS.filter((sheet) => sheet in item.assets).map((sheet) => h("button", { type: "button", "aria-pressed": String(sheet === name), onclick: () => pick(item, sheet) }, t(`floods.layer.${sheet}`))));
    put(legend, item.assets[name]?.title ?? "");
    layers.tellValues(values);
  };
  const wanted = found.find((item) => keyOf(item) === context.state["item"]) ?? found[0]!;
  const layer = context.state["layer"] ?? "";
  pick(wanted, layer in wanted.assets ? layer : SHEETS.find((sheet) => sheet in wanted.assets) ?? "flood");
  return { paint: (dark) => { recolor(map, dark); layers.paint(dark); }, close: () => { layers.close(); map.remove(); } };
}

async function made(kind: string): Promise<Item[]> {
  const { features } = await send<{ features: Item[] }>("stac/search", { collections: ["products"], limit: 1000, filter: { op: "=", args: [{ property: "swath:kind" }, kind] }, "filter-lang": "cql2-json" });
  return features;
}

const estimate = (item: Item, name: string): Estimate | undefined => (item.properties["swath:estimates"] as Record<string, Estimate> | undefined)?.[name];
const spoken = (told: Estimate, digits: number): string => told.value.toFixed(digits) + (told.interval ? ` (${told.interval[0].toFixed(digits)}${told.interval[0] < 0 ? " … " : "–"}${told.interval[1].toFixed(digits)}, ${Math.round(100 * (told.confidence ?? 0.9))} %)` : "");
const shown = (item: Item, layer: string): string => write("archive", { item: keyOf(item), layer });

const numbers = (name: string, head: string, digits: number): Column<Item> => ({
  key: name, head, number: true, value: (item) => estimate(item, name)?.value, show: (item) => { const told = estimate(item, name); return told ? spoken(told, digits) : "–"; },
});
const share = (name: string, head: string): Column<Item> => ({
  key: name, head, number: true, value: (item) => estimate(item, name)?.value, show: (item) => { const told = estimate(item, name); return told ? `${Math.round(100 * told.value)} %` : "–"; },
});

function ranking(_: Context, name: string, caption: string, rows: readonly Item[], layer: string, columns: readonly Column<Item>[]): HTMLElement {
  return table({ name, caption, rows, columns: [
    { key: "request", head: t("col.request"), value: (item) => String(item.properties["swath:request"] ?? item.id), show: (item) => h("a", { href: shown(item, layer) }, String(item.properties["swath:request"] ?? item.id)) },
    ...columns,
    { key: "datetime", head: t("col.time"), value: last, show: (item) => both(last(item), false) },
    { key: "real", head: t("order.real"), value: (item) => (item.properties["swath:simulated"] ? t("shell.simulated") : t("shell.real")) },
  ] });
}

/** When what it shows was pictured last. */
const last = (item: Item): string => String(item.properties["end_datetime"] ?? item.properties["datetime"] ?? "");
