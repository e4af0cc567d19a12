import type { Map as FlatMap } from "maplibre-gl";
import type { Feature, Geometry, Point, Polygon } from "geojson";
import { Refused, get, send } from "../lib/api.ts";
import { present } from "../lib/clock.ts";
import { h, put, settled } from "../lib/dom.ts";
import { renderer } from "../lib/picture.ts";
import { pages } from "../lib/pages.ts";
import { boxOf, readPlace } from "../lib/places.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { both, iso, ms, utc } from "../lib/when.ts";
import { code, said, t } from "../lib/words.ts";
import type { Draw, Tool } from "../lib/draw.ts";
import type { Context, Shown } from "./views.ts";

interface Offer { readonly id: string; readonly title?: string; readonly description?: string }
interface Asked { datetime: string; geometry: Point | Polygon; filter?: unknown }
interface Help { readonly what?: string; readonly change?: string; readonly parameters?: Partial<Asked> }
interface Refusal { readonly reason?: string; readonly because?: string; readonly help?: Help }
type Chance = Feature<Geometry, Record<string, unknown>>;
interface Chances { readonly features: readonly Chance[]; readonly [extra: string]: unknown }
interface Status { readonly timestamp: string; readonly status_code: string; readonly reason_code?: string | null; readonly reason_text?: string | null; readonly [extra: string]: unknown }
interface Order { readonly id: string; readonly geometry: Geometry; readonly properties: { readonly product_id: string; readonly created: string; readonly status: Status; readonly [extra: string]: unknown } }

/** From a place to an order: what could be had, by whom and when, and what became of it. */
export async function order(box: HTMLElement, context: Context, early: (element: HTMLElement) => void): Promise<Shown> {
  const { products } = await get<{ products: readonly Offer[] }>("stapi/products");
  const desk = new OrderDesk(box, context, products);
  early(box);
  await desk.begin();
  return desk;
}

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

class OrderDesk implements Shown {
  private place: Point | Polygon | undefined;
  private map: FlatMap | undefined;
  private draw: Draw | undefined;
  private readonly context: Context;
  private readonly box: HTMLElement;
  private readonly stage = h("div", { class: "stage" });
  private readonly answer = h("section", { class: "answer", "aria-live": "polite" });
  private readonly orders = h("section", {});
  private readonly one = h("section", { class: "one" });
  private readonly pasted = h("textarea", { id: "place", rows: 3, spellcheck: "false", placeholder: '11.05, 45.0', oninput: () => this.read() });
  private readonly bad = h("p", { class: "broken", role: "status" });
  private readonly tools = h("div", { class: "choice", role: "group" });
  private readonly offer: HTMLSelectElement;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly angle: HTMLInputElement;
  private readonly sun: HTMLInputElement;
  private readonly when = h("p", { class: "note" });

  constructor(box: HTMLElement, context: Context, offers: readonly Offer[]) {
    const { state, mission } = context;
    this.box = box;
    this.context = context;
    const change = (): void => this.remember();
    this.offer = h("select", { id: "offer", onchange: change }, offers.map((one) => h("option", { value: one.id, selected: one.id === state["offer"] }, one.title || one.id)));
    const now = Math.max(ms(mission.start), Math.min(present(), ms(mission.stop)));
    const first = now >= ms(mission.stop) ? ms(mission.start) : now;
    this.from = h("input", { id: "from", type: "datetime-local", step: 1, required: true, value: (state["from"] ?? iso(first)).slice(0, 19), onchange: change });
    this.to = h("input", { id: "to", type: "datetime-local", step: 1, required: true, value: (state["to"] ?? iso(ms(mission.stop))).slice(0, 19), onchange: change });
    this.angle = h("input", { id: "angle", type: "number", min: 0, max: 60, step: "any", required: true, value: state["off"] ?? "35", onchange: change });
    this.sun = h("input", { id: "sun", type: "number", min: -90, max: 90, step: "any", required: true, value: state["sun"] ?? "10", onchange: change });
    if (state["place"]) {
      this.pasted.value = state["place"];
      this.place = readPlace(state["place"]);
    }
  }

  async begin(): Promise<void> {
    const field = (input: HTMLElement, label: string): HTMLElement => h("div", {}, h("label", { for: input.id }, label), input);
    const mayOrder = this.context.me.role !== "viewer";
    put(this.box, h("h1", {}, t("view.order")),
      h("div", { class: "look" },
        h("div", { class: "left" }, this.tools, this.stage),
        h("form", { class: "panel ask", onsubmit: (event: Event) => { event.preventDefault(); void this.ask(); } },
          h("h2", {}, t("order.what")), field(this.pasted, t("order.place")), this.bad,
          h("div", { class: "fields" }, field(this.offer, t("order.offer")), field(this.from, t("order.from")), field(this.to, t("order.to")), field(this.angle, t("plan.urgent.angle")), field(this.sun, t("order.sun"))), this.when,
          h("button", { type: "submit", class: "main" }, t("order.ask")), mayOrder ? null : h("p", { class: "note" }, t("order.viewer")))),
      this.answer, this.one, this.orders);
    this.tellWhen();
    const showing = this.showOrders();
    if (renderer() === "none") this.stage.hidden = true;
    else await this.startMap();
    this.stage.dataset["ready"] = "map";
    await showing;
    if (this.context.state["order"]) await this.open(this.context.state["order"]);
    if (this.context.state["asked"] && this.place) await this.ask();
  }

  private async startMap(): Promise<void> {
    const [{ baseMap }, { Draw: Pen }] = await Promise.all([import("../lib/flat.ts"), import("../lib/draw.ts")]);
    const room = h("div", { class: "room" });
    put(this.stage, room);
    const box = boxOf(this.place);
    this.map = await baseMap(room, { dark: this.context.dark(), centre: box ? [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2] : [11, 45], zoom: box ? 7 : 3, label: t("order.map") });
    this.draw = new Pen(this.map, (geometry) => {
      this.pasted.value = JSON.stringify(geometry);
      this.read();
      this.pick("none");
    });
    this.draw.show(this.place);
    this.pick("none");
    this.tools.setAttribute("aria-label", t("order.draw"));
  }

  private pick(tool: Tool): void {
    this.draw?.use(tool);
    put(this.tools, (["point", "box", "polygon"] as const).map((name) => h("button", { type: "button", "aria-pressed": String(name === tool), onclick: () => this.pick(name === tool ? "none" : name) }, t(`order.draw.${name}`))),
      tool === "none" ? null : h("span", { class: "note" }, t(`order.draw.${tool}.how`)),
      tool === "polygon" ? h("button", { type: "button", onclick: () => this.draw?.finish() }, t("order.draw.done")) : null);
  }

  private read(): void {
    this.place = readPlace(this.pasted.value);
    put(this.bad, this.place || !this.pasted.value.trim() ? "" : t("order.place.bad"));
    this.draw?.show(this.place);
    const box = boxOf(this.place);
    if (box && this.map && !this.map.getBounds().contains([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])) this.map.jumpTo({ center: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], zoom: 7 });
    this.remember();
  }

  private readonly remember = settled(() => {
    keep({ place: this.place ? JSON.stringify(this.place) : "", offer: this.offer.value, from: `${this.from.value}Z`, to: `${this.to.value}Z`, off: this.angle.value, sun: this.sun.value });
    this.tellWhen();
  }, 200);

  private tellWhen(): void {
    const [from, to] = [ms(`${this.from.value}Z`), ms(`${this.to.value}Z`)];
    put(this.when, Number.isFinite(from) && Number.isFinite(to) ? [both(from, false), " – ", both(to, false)] : "");
  }

  private asked(): Asked {
    const number = (op: string, property: string, value: string): unknown => ({ op, args: [{ property }, Number(value)] });
    return {
      datetime: `${iso(ms(`${this.from.value}Z`))}/${iso(ms(`${this.to.value}Z`))}`, geometry: this.place!,
      filter: { op: "and", args: [number("<=", "view:off_nadir", this.angle.value), number(">=", "view:sun_elevation", this.sun.value)] },
    };
  }

  private async ask(): Promise<void> {
    if (!this.place) {
      put(this.bad, t("order.place.none"));
      return this.pasted.focus();
    }
    keep({ asked: "1" });
    put(this.answer, h("p", { class: "wait" }, t("order.looking")));
    const asked = this.asked();
    try {
      const found = await send<Chances>(`stapi/products/${encodeURIComponent(this.offer.value)}/opportunities`, { ...asked, limit: 100 });
      this.showChances(found, asked);
    } catch (error) {
      put(this.answer, trouble(error));
      if (error instanceof Refused && error.body["swath:refusal"]) this.answer.append(this.refusal(error.body["swath:refusal"] as Refusal));
    }
  }

  private showChances(found: Chances, asked: Asked): void {
    if (!found.features.length) {
      const told = (found["swath:refusal"] ?? { because: found["swath:because"] }) as Refusal;
      const helps = h("div", { role: "status" }, h("p", { class: "wait" }, t("order.help.looking")));
      put(this.answer, h("h2", {}, t("order.none")), this.refusal(told), helps);
      void this.helpful(asked, helps);
      return;
    }
    const start = (one: Chance): string => String(one.properties["datetime"] ?? "").split("/")[0]!;
    const mayOrder = this.context.me.role !== "viewer";
    const columns = [
      { key: "rank", head: t("order.rank"), number: true, value: (row: Chance) => found.features.indexOf(row) + 1 },
      { key: "satellite", head: t("col.satellite"), value: (row: Chance) => String(row.properties["platform"] ?? "") },
      { key: "start", head: t("col.start"), value: start, show: (row: Chance) => both(start(row)) },
      { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (row: Chance) => number(row.properties["view:off_nadir"]), show: (row: Chance) => number(row.properties["view:off_nadir"])?.toFixed(1) ?? "–" },
      { key: "sun_elevation_deg", head: t("col.sun"), number: true, value: (row: Chance) => number(row.properties["view:sun_elevation"]), show: (row: Chance) => number(row.properties["view:sun_elevation"])?.toFixed(1) ?? "–" },
      { key: "p_clear", head: t("col.clear"), number: true, value: (row: Chance) => number(row.properties["swath:p_clear"]), show: (row: Chance) => { const p = number(row.properties["swath:p_clear"]); return p === undefined ? "–" : `${Math.round(100 * p)} %`; } },
      { key: "on_ground", head: t("order.delivery"), value: (row: Chance) => String(row.properties["swath:on_ground"] ?? ""), show: (row: Chance) => (row.properties["swath:on_ground"] ? both(String(row.properties["swath:on_ground"])) : t("order.unknown")) },
      ...(mayOrder ? [{ key: "order", head: t("order.choose"), value: () => "", show: (row: Chance) => h("button", { type: "button", "aria-label": t("order.this.label", { satellite: String(row.properties["platform"] ?? ""), time: utc(ms(start(row))) }), onclick: () => void this.place_(asked, row) }, t("order.this")) }] : []),
    ];
    put(this.answer, h("h2", {}, t("order.chances", { count: found.features.length })), h("p", { class: "note" }, t("order.chances.note")),
      table({ name: "looks", caption: t("order.looks"), rows: found.features, columns }),
      mayOrder ? h("p", {}, h("button", { type: "button", class: "main", onclick: () => void this.place_(asked) }, t("order.any"))) : null);
  }

  /** Orders any of the looks, or only the chosen one: its time and its satellite. */
  private async place_(asked: Asked, chosen?: Chance): Promise<void> {
    const body: Asked = { ...asked };
    if (chosen) {
      const interval = String(chosen.properties["datetime"]).split("/");
      body.datetime = `${interval[0]}/${interval[1] ?? interval[0]}`;
      body.filter = { op: "and", args: [asked.filter, { op: "=", args: [{ property: "platform" }, chosen.properties["platform"]] }] };
    }
    try {
      const made = await send<Order>(`stapi/products/${encodeURIComponent(this.offer.value)}/orders`, { ...body, order_parameters: {} });
      this.context.say(t("order.placed", { id: made.id }));
      keep({ asked: "" });
      put(this.answer, h("p", { class: "fine" }, t("order.placed", { id: made.id })));
      await this.open(made.id);
      await this.showOrders();
    } catch (error) {
      put(this.answer, trouble(error));
    }
  }

  /** Which single change would get a look? Found by asking, each limit let go alone (the Sun's to the horizon: by night a camera shows nothing, and radar asks for none); the least that is enough becomes a button. */
  private async helpful(asked: Asked, box: HTMLElement): Promise<void> {
    const { mission } = this.context;
    const angle = Number(this.angle.value);
    const sun = Number(this.sun.value);
    const ask = async (off: number, low: number, datetime: string): Promise<readonly Chance[]> => {
      const limits = { op: "and", args: [{ op: "<=", args: [{ property: "view:off_nadir" }, off] }, { op: ">=", args: [{ property: "view:sun_elevation" }, low] }] };
      try {
        return (await send<Chances>(`stapi/products/${encodeURIComponent(this.offer.value)}/opportunities`, { ...asked, datetime, filter: limits, limit: 100 })).features;
      } catch {
        return [];
      }
    };
    const all = (found: readonly Chance[], name: string): number[] => found.map((one) => number(one.properties[name])).filter((value) => value !== undefined);
    const whole = `${mission.start}/${mission.stop}`;
    const [wide, dark, long] = await Promise.all([ask(60, sun, asked.datetime), ask(angle, 0, asked.datetime), ask(angle, sun, whole)]);
    const acts: HTMLElement[] = [];
    const button = (text: string, does: () => void): void => void acts.push(h("button", { type: "button", class: "main", onclick: () => { does(); this.remember(); void this.ask(); } }, text));
    const least = Math.ceil(Math.min(...all(wide, "view:off_nadir")));
    if (wide.length && least <= 60) button(t("order.help.angle", { deg: least, count: wide.length }), () => { this.angle.value = String(least); });
    const highest = Math.floor(Math.max(...all(dark, "view:sun_elevation")));
    if (dark.length && highest >= 0) button(t("order.help.sun", { deg: highest, count: dark.length }), () => { this.sun.value = String(highest); });
    if (long.length) button(t("order.help.time", { count: long.length }), () => { this.from.value = mission.start.slice(0, 19); this.to.value = mission.stop.slice(0, 19); });
    put(box, acts.length ? [h("p", {}, t("order.help.any")), h("p", { class: "acts" }, acts)] : h("p", { class: "note" }, t("order.help.nothing")));
  }

  private refusal(told: Refusal): HTMLElement {
    const help = told.help;
    const change = help?.parameters;
    return h("div", { class: "trouble" }, h("p", {}, told.reason ? h("strong", {}, code("reason", told.reason), " ") : null, told.because ? said(told.because) : t("order.none.note")),
      help?.change ? h("p", {}, t("order.help", { change: help.change })) : null,
      change ? h("button", { type: "button", class: "main", onclick: () => this.take(change) }, t("order.help.take")) : null);
  }

  /** One click: the cheapest change goes into the form, and it is asked again. */
  private take(change: Partial<Asked>): void {
    if (change.datetime) {
      const [from, to] = change.datetime.split("/");
      if (from) this.from.value = iso(ms(from)).slice(0, 19);
      if (to) this.to.value = iso(ms(to)).slice(0, 19);
    }
    for (const [property, field] of [["view:off_nadir", this.angle], ["view:sun_elevation", this.sun]] as const) {
      const value = limitOf(change.filter, property);
      if (value !== undefined) field.value = String(value);
    }
    this.remember();
    void this.ask();
  }

  private async showOrders(): Promise<void> {
    try {
      const found = await pages<Order>("stapi/orders?limit=100", 1000);
      put(this.orders, h("h2", {}, t("order.orders")), table({ name: "orders", caption: t("order.orders"), rows: found.features, more: found.more, columns: [
        { key: "id", head: t("col.order"), value: (row) => row.id, show: (row) => h("button", { type: "button", class: "link", onclick: () => void this.open(row.id) }, row.id) },
        { key: "offer", head: t("order.offer"), value: (row) => row.properties.product_id },
        { key: "status", head: t("order.status"), value: (row) => row.properties.status.status_code, show: (row) => h("span", { class: `status ${row.properties.status.status_code}` }, code("status", row.properties.status.status_code)) },
        { key: "reason", head: t("col.because"), value: (row) => said(row.properties.status.reason_text) },
        { key: "created", head: t("order.created"), value: (row) => row.properties.created, show: (row) => both(row.properties.created, false) },
        { key: "real", head: t("order.real"), value: (row) => (row.properties["swath:simulated"] ? t("shell.simulated") : t("shell.real")) },
      ] }));
    } catch (error) {
      put(this.orders, trouble(error));
    }
  }

  private async open(id: string): Promise<void> {
    keep({ order: id });
    try {
      const [found, told] = await Promise.all([get<Order>(`stapi/orders/${encodeURIComponent(id)}`), get<{ statuses: readonly Status[] }>(`stapi/orders/${encodeURIComponent(id)}/statuses`)]);
      const last = found.properties.status;
      const help = last["swath:help"] as Help | null | undefined;
      const over = ["completed", "cancelled", "user_cancelled", "rejected", "failed", "expired"].includes(last.status_code);
      put(this.one, h("h2", {}, t("order.one", { id })), h("p", {}, h("span", { class: `status ${last.status_code}` }, code("status", last.status_code)), " ", said(last.reason_text)),
        help ? this.refusal({ ...(last.reason_code ? { reason: last.reason_code } : {}), because: last.reason_text ?? "", help }) : null,
        ["rejected", "held", "expired", "failed"].includes(last.status_code) ? h("button", { type: "button", class: "main", onclick: () => this.askAgain(found) }, t("order.again")) : null, " ",
        over || this.context.me.role === "viewer" ? null : h("button", { type: "button", onclick: () => void this.cancel(id) }, t("order.cancel")),
        table({ name: `statuses-${id}`, caption: t("order.history"), rows: told.statuses, columns: [
          { key: "time", head: t("col.time"), value: (row) => row.timestamp, show: (row) => both(row.timestamp) },
          { key: "status", head: t("order.status"), value: (row) => row.status_code, show: (row) => code("status", row.status_code) },
          { key: "reason", head: t("col.reason"), value: (row) => row.reason_code ?? "", show: (row) => (row.reason_code ? code("reason", row.reason_code) : "") },
          { key: "because", head: t("col.because"), value: (row) => said(row.reason_text) },
        ] }));
      this.draw?.show(found.geometry);
      const box = boxOf(found.geometry);
      if (box) this.map?.jumpTo({ center: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], zoom: Math.max(this.map.getZoom(), 7) });
    } catch (error) {
      put(this.one, trouble(error));
    }
  }

  /** What an order asked for goes into the form, and it is asked again: what would help becomes a button there. */
  private askAgain(order: Order): void {
    const asked = order.properties["search_parameters"] as Partial<Asked> | undefined;
    this.pasted.value = JSON.stringify(order.geometry);
    this.offer.value = order.properties.product_id;
    this.read();
    this.answer.scrollIntoView({ block: "center" });
    this.take(asked ?? {});
  }

  private async cancel(id: string): Promise<void> {
    try {
      await send(`stapi/orders/${encodeURIComponent(id)}/cancel`, {});
    } catch (error) {
      return put(this.one, trouble(error));
    }
    await this.open(id);
    await this.showOrders();
  }

  news(news: { kind: string; subject: string }): void {
    if (news.kind !== "order") return;
    this.refresh(news.subject);
  }

  private readonly refresh = settled((subject: string) => {
    void this.showOrders();
    if (this.one.childElementCount && location.hash.includes(`order=${encodeURIComponent(subject)}`)) void this.open(subject);
  }, 400);

  async paint(dark: boolean): Promise<void> {
    if (this.map) (await import("../lib/flat.ts")).recolor(this.map, dark);
  }

  close(): void {
    this.map?.remove();
  }
}

/** The number that a property is compared with, anywhere in a CQL2 filter. */
function limitOf(filter: unknown, property: string): number | undefined {
  if (typeof filter !== "object" || filter === null) return undefined;
  const args = (filter as { args?: unknown[] }).args ?? [];
  if ((args[0] as { property?: string } | undefined)?.property === property && typeof args[1] === "number") return args[1];
  for (const one of args) {
    const found = limitOf(one, property);
    if (found !== undefined) return found;
  }
  return undefined;
}
