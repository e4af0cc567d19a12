import type { GeoJSONSource, Map as FlatMap } from "maplibre-gl";
import type { Feature, Geometry } from "geojson";
import { get, send } from "../lib/api.ts";
import { calendar, type Day, type DayState } from "../lib/calendar.ts";
import { h, put, settled } from "../lib/dom.ts";
import { renderer } from "../lib/picture.ts";
import { boxOf } from "../lib/places.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { both } from "../lib/when.ts";
import { code, said, t } from "../lib/words.ts";
import { showAlert, type Alert } from "./watch_alert.ts";
import { newPlace } from "./watch_new.ts";
import type { Context, Shown } from "./views.ts";

export interface Place {
  readonly id: string; readonly geometry: Geometry; readonly area_km2: number; readonly look_for: readonly string[]; readonly follow_up: boolean; readonly note: string;
  readonly last: string | null; readonly state: DayState | null; readonly looks: number; readonly alerts: number; readonly open: number;
  readonly precision: { readonly value: number; readonly interval?: readonly [number, number] | null; readonly because?: string }; readonly false_alarms: number; readonly rate: number;
}
interface Look { readonly time: string; readonly satellite: string; readonly kind: string; readonly off_nadir_deg: number | null; readonly gsd_m: number | null; readonly sun_elevation_deg: number | null; readonly p_clear: number | null; readonly state: string; readonly because: string }
interface Ahead { readonly start: string; readonly stop: string; readonly looks: readonly Look[]; readonly notes: readonly string[] }

/** Places that somebody wants to know about: what changed there, when nobody could have seen, who looks next. */
export async function watch(box: HTMLElement, context: Context, early: (element: HTMLElement) => void): Promise<Shown> {
  const desk = new WatchDesk(box, context);
  early(box);
  await desk.begin();
  return desk;
}

class WatchDesk implements Shown {
  private readonly box: HTMLElement;
  private readonly context: Context;
  private readonly stage = h("div", { class: "stage low" });
  private readonly side = h("section", { class: "one", "aria-live": "polite" });
  private readonly lists = h("div", {});
  private readonly below = h("div", {});
  private map: FlatMap | undefined;
  private places: readonly Place[] = [];
  private alerts: readonly Alert[] = [];
  private kinds: Readonly<Record<string, string>> = {};
  private place = "";
  private alert = "";
  private closed = false;

  constructor(box: HTMLElement, context: Context) {
    this.box = box;
    this.context = context;
  }

  async begin(): Promise<void> {
    put(this.box, h("h1", {}, t("view.watch")), h("p", { class: "note" }, t("watch.note")), h("div", { class: "look" }, h("div", { class: "left" }, this.stage, this.lists), this.side), this.below);
    await this.read();
    if (renderer() === "none") this.stage.hidden = true;
    else await this.startMap();
    this.draw();
    const { place, alert } = this.context.state;
    if (alert) await this.openAlert(alert);
    if (place && this.places.some((one) => one.id === place)) await this.openPlace(place, !alert);
    else if (!alert) put(this.side, h("p", { class: "note" }, this.places.length ? t("watch.choose") : t("watch.none")));
    if (this.mayDecide()) this.box.append(newPlace(this.kinds, async (id) => { await this.read(); this.draw(); await this.openPlace(id); }));
    this.stage.dataset["ready"] = "map";
  }

  private mayDecide(): boolean {
    return ["planner", "admin"].includes(this.context.me.role);
  }

  private async read(): Promise<void> {
    const [{ places, look_for }, { alerts }] = await Promise.all([get<{ places: Place[]; look_for: Record<string, string> }>("watch/places"), get<{ alerts: Alert[] }>("watch/alerts?limit=100")]);
    this.places = places;
    this.kinds = look_for;
    this.alerts = alerts;
  }

  private async startMap(): Promise<void> {
    const { baseMap, NONE } = await import("../lib/flat.ts");
    const room = h("div", { class: "room" });
    put(this.stage, room);
    const map = await baseMap(room, { dark: this.context.dark(), centre: [15, 25], zoom: 0.8, label: t("watch.map") });
    for (const name of ["places", "alerts", "spots"]) map.addSource(name, { type: "geojson", data: NONE });
    map.addLayer({ id: "places", type: "line", source: "places", paint: { "line-color": "#0072b2", "line-width": ["case", ["get", "chosen"], 4, 2] } });
    map.addLayer({ id: "alerts", type: "fill", source: "alerts", paint: { "fill-color": "#d55e00", "fill-opacity": 0.5, "fill-outline-color": "#000000" } });
    map.addLayer({ id: "spots", type: "circle", source: "spots", maxzoom: 9, paint: { "circle-radius": ["case", ["get", "open"], 8, 6], "circle-color": ["case", ["get", "open"], "#d55e00", "#0072b2"], "circle-stroke-width": 2, "circle-stroke-color": "#ffffff" } });
    map.on("click", "alerts", (event) => void this.openAlert(String(event.features?.[0]?.properties["id"] ?? "")));
    map.on("click", "spots", (event) => void this.openPlace(String(event.features?.[0]?.properties["id"] ?? "")));
    this.map = map;
  }

  private draw(): void {
    const mark = (state: DayState | null): string => (state ? t(`day.${state.replace(" ", "_")}`) : t("watch.nolook"));
    put(this.lists, table({ name: "places", caption: t("watch.places"), rows: this.places, empty: t("watch.none"), columns: [
      { key: "place", head: t("watch.place"), value: (one) => one.id, show: (one) => h("button", { type: "button", class: "link", "aria-pressed": String(one.id === this.place), onclick: () => void this.openPlace(one.id) }, one.id) },
      { key: "state", head: t("watch.last"), value: (one) => one.state ?? "", show: (one) => h("span", {}, h("strong", {}, mark(one.state)), one.last ? h("span", {}, " ", both(one.last, false)) : null) },
      { key: "open", head: t("watch.open"), number: true, value: (one) => one.open }, { key: "alerts", head: t("watch.alerts"), number: true, value: (one) => one.alerts }, { key: "looks", head: t("watch.looks"), number: true, value: (one) => one.looks },
      { key: "precision", head: t("watch.precision"), number: true, value: (one) => (one.precision.interval ? one.precision.value : null), show: (one) => precise(one) },
    ] }), table({ name: "alerts", caption: t("watch.alerts"), rows: this.alerts, empty: t("watch.noalerts"), columns: [
      { key: "alert", head: t("watch.alert"), value: (one) => one.id, show: (one) => h("button", { type: "button", class: "link", "aria-pressed": String(one.id === this.alert), onclick: () => void this.openAlert(one.id) }, said(one.headline)) },
      { key: "status", head: t("order.status"), value: (one) => one.status, show: (one) => h("span", { class: `status alert-${one.status}` }, t(`alert.${one.status}`)) },
      { key: "place", head: t("watch.place"), value: (one) => one.place }, { key: "kind", head: t("watch.kind"), value: (one) => one.kind, show: (one) => code("change", one.kind) },
      { key: "after", head: t("watch.seen"), value: (one) => one.after, show: (one) => both(one.after, false) },
      { key: "area_m2", head: t("watch.area"), number: true, value: (one) => one.area_m2.value, show: (one) => (one.area_m2.value / 1e4).toFixed(2) },
      { key: "real", head: t("order.real"), value: (one) => (one.simulated ? t("shell.simulated") : t("shell.real")) },
    ] }));
    this.mark();
  }

  private mark(): void {
    if (!this.map) return;
    const set = (name: string, features: Feature[]): void => (this.map!.getSource(name) as GeoJSONSource).setData({ type: "FeatureCollection", features }) as unknown as void;
    const middle = (geometry: Geometry): [number, number] => { const [west, south, east, north] = boxOf(geometry) ?? [0, 0, 0, 0]; return [(west + east) / 2, (south + north) / 2]; };
    set("places", this.places.map((one) => ({ type: "Feature", properties: { id: one.id, chosen: one.id === this.place }, geometry: one.geometry })));
    set("alerts", this.alerts.filter((one) => one.status !== "dismissed").map((one) => ({ type: "Feature", properties: { id: one.id }, geometry: one.geometry })));
    set("spots", this.places.map((one) => ({ type: "Feature", properties: { id: one.id, open: one.open > 0 }, geometry: { type: "Point", coordinates: middle(one.geometry) } })));
  }

  private look(geometry: Geometry): void {
    const box = boxOf(geometry);
    if (box && this.map) this.map.fitBounds([[box[0], box[1]], [box[2], box[3]]], { padding: 40, maxZoom: 13, animate: false });
  }

  private async openPlace(id: string, alone = true): Promise<void> {
    const place = this.places.find((one) => one.id === id);
    if (!place) return;
    this.place = id;
    if (alone) this.alert = "";
    keep({ place: id, ...(alone ? { alert: "" } : {}) });
    this.draw();
    this.look(place.geometry);
    const ahead = h("div", {}, h("p", { class: "wait" }, t("watch.next.looking")));
    put(this.below, ahead);
    try {
      const { days, simulated } = await get<{ days: Day[]; simulated: boolean }>(`watch/places/${encodeURIComponent(id)}/days`);
      if (alone) this.showPlace(place, days, simulated);
      put(this.below, days.length ? table({ name: `days-${id}`, caption: t("watch.days", { place: id }), rows: [...days].reverse(), columns: [
        { key: "day", head: t("watch.day"), value: (day) => day.day.slice(0, 10) }, { key: "state", head: t("watch.state"), value: (day) => day.state, show: (day) => t(`day.${day.state.replace(" ", "_")}`) },
        { key: "because", head: t("col.because"), value: (day) => said(day.because) }, { key: "looks", head: t("watch.looks"), number: true, value: (day) => day.looks },
      ] }) : null, ahead);
    } catch (error) {
      put(this.side, trouble(error));
    }
    void this.showNext(id, ahead);
  }

  private showPlace(place: Place, days: readonly Day[], simulated: boolean): void {
    const fact = (name: string, value: string): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
    put(this.side, h("h2", {}, place.id), h("p", { class: simulated ? "truth simulated" : "truth real" }, simulated ? t("shell.simulated") : t("shell.real")), place.note ? h("p", {}, place.note) : null,
      h("dl", { class: "facts" }, fact(t("watch.size"), `${place.area_km2.toPrecision(3)} km²`), fact(t("watch.lookfor"), place.look_for.map((one) => code("change", one)).join(", ")), fact(t("watch.promised"), place.false_alarms.toPrecision(3)), fact(t("watch.precision"), precise(place)), fact(t("watch.followup"), place.follow_up ? t("yes") : t("no"))),
      h("h3", {}, t("watch.calendar")), days.length ? calendar(days) : h("p", { class: "note" }, t("watch.nopicture")));
  }

  private async showNext(id: string, box: HTMLElement): Promise<void> {
    try {
      const ahead = await get<Ahead>(`watch/places/${encodeURIComponent(id)}/next`);
      if (this.place !== id || this.closed) return;
      const number = (value: number | null, digits: number): string => (value === null ? "–" : value.toFixed(digits));
      put(box, h("h2", {}, t("watch.next", { place: id })), h("p", {}, both(ahead.start, false), " – ", both(ahead.stop, false), " · ", h("a", { href: `watch/places/${encodeURIComponent(id)}/next.ics`, download: "" }, t("watch.next.ics"))),
        ahead.notes.map((note) => h("p", { class: "note" }, note)),
        table({ name: `next-${id}`, caption: t("watch.next.looks"), rows: ahead.looks, empty: t("watch.next.none"), columns: [
          { key: "time", head: t("col.time"), value: (one) => one.time, show: (one) => both(one.time) }, { key: "satellite", head: t("col.satellite"), value: (one) => one.satellite },
          { key: "state", head: t("watch.state"), value: (one) => one.state, show: (one) => code("look", one.state) }, { key: "kind", head: t("watch.sensor"), value: (one) => one.kind, show: (one) => code("sensor", one.kind) },
          { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (one) => one.off_nadir_deg, show: (one) => number(one.off_nadir_deg, 1) }, { key: "gsd_m", head: t("col.gsd"), number: true, value: (one) => one.gsd_m, show: (one) => number(one.gsd_m, 1) },
          { key: "sun_elevation_deg", head: t("col.sun"), number: true, value: (one) => one.sun_elevation_deg, show: (one) => number(one.sun_elevation_deg, 0) },
          { key: "p_clear", head: t("col.clear"), number: true, value: (one) => one.p_clear, show: (one) => (one.p_clear === null ? "–" : `${Math.round(100 * one.p_clear)} %`) },
          { key: "because", head: t("col.because"), value: (one) => said(one.because) },
        ] }));
    } catch (error) {
      put(box, trouble(error));
    }
  }

  private async openAlert(id: string): Promise<void> {
    this.alert = id;
    keep({ alert: id });
    this.draw();
    const decide = async (word: "confirm" | "dismiss", why: string, revision: number): Promise<void> => {
      await send(`watch/alerts/${encodeURIComponent(id)}/verdict`, { verdict: word, why, revision });
      this.context.say(t(`alert.${word === "confirm" ? "confirmed" : "dismissed"}`));
      await this.read();
      await this.openAlert(id);
    };
    try {
      const found = await get<Alert>(`watch/alerts/${encodeURIComponent(id)}`);
      this.look(found.geometry);
      showAlert(this.side, found, this.mayDecide() ? decide : undefined, () => void this.openPlace(found.place));
    } catch (error) {
      put(this.side, trouble(error));
    }
  }

  news(news: { kind: string }): void {
    if (news.kind === "alert" || news.kind === "place") this.later();
  }

  private readonly later = settled(() => void this.read().then(() => { if (!this.closed) this.draw(); }), 500);

  async paint(dark: boolean): Promise<void> {
    if (this.map) (await import("../lib/flat.ts")).recolor(this.map, dark);
  }

  close(): void {
    this.closed = true;
    this.map?.remove();
  }
}

function precise({ precision }: Place): string {
  const { value, interval } = precision;
  return interval ? `${Math.round(100 * value)} % (${Math.round(100 * interval[0])}–${Math.round(100 * interval[1])})` : t("watch.unjudged");
}
