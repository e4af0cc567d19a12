import { get, send } from "../lib/api.ts";
import { h, put, settled } from "../lib/dom.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { both, iso, ms, span, utc } from "../lib/when.ts";
import { code, said, t } from "../lib/words.ts";
import { trouble } from "../lib/trouble.ts";
import { Timeline, type Bar, type Lane } from "./timeline.ts";
import { urgentForm } from "./plan_urgent.ts";
import { whatIfForm } from "./plan_what_if.ts";
import { progress } from "../lib/job.ts";
import type { Context, Shown } from "./views.ts";

export interface Picture {
  readonly id: string; readonly request: string; readonly satellite: string; readonly start: string; readonly middle: string; readonly stop: string;
  readonly off_nadir_deg: number; readonly sun_elevation_deg: number; readonly gsd_m: number; readonly p_clear: number; readonly value: number;
  readonly data_bit: number; readonly contact: string; readonly on_ground: string;
}
export interface Contact { readonly id: string; readonly satellite: string; readonly station: string; readonly start: string; readonly stop: string; readonly rate_bit_s: number; readonly volume_bit: number }
interface Stretch { readonly satellite: string; readonly subject: string; readonly start: string; readonly stop: string }
interface Craft { readonly id: string; readonly capacity_bit: number; readonly battery_wh: number; readonly min_wh: number; readonly stored_wh: readonly number[]; readonly held_bit: readonly number[] }
export interface Day {
  readonly id: string; readonly start: string; readonly stop: string; readonly made: string; readonly solver: string;
  readonly value: number; readonly bound: number; readonly gap: number; readonly bound_because: string; readonly step_s: number; readonly locked: readonly string[];
  readonly satellites: readonly Craft[]; readonly stations: readonly { id: string }[]; readonly pictures: readonly Picture[]; readonly contacts: readonly Contact[];
  readonly passes: readonly Stretch[]; readonly eclipses: readonly Stretch[];
  readonly refused: readonly { request: string; reason: string; because: string }[];
  readonly limits: readonly { what: string; orders: readonly string[]; value: number }[];
}
interface Look { readonly satellite: string; readonly start: string; readonly middle: string; readonly off_nadir_deg: number; readonly sun_elevation_deg: number; readonly p_clear: number; readonly value: number }
interface Why {
  readonly request: string; readonly looks: readonly Look[];
  readonly refused: { reason: string; because: string } | null;
  readonly planned: {
    value: number; price: number; price_because: string; displaced: readonly string[]; next_best: { satellite: string; start: string; value: number } | null;
    clear_chance: number; on_ground: string; on_ground_latest: string; because: string;
  } | null;
}
interface Tried { readonly possible: boolean; readonly gain: number; readonly look: Look; readonly violations: readonly { rule: string; subject: string; because: string }[] }

/** What the fleet will do, why, and what happens if somebody changes it. */
export async function plan(box: HTMLElement, context: Context, early: (element: HTMLElement) => void): Promise<Shown> {
  const desk = new PlanDesk(box, context, await firstDay(box, early));
  early(box);
  desk.begin();
  return desk;
}

/** The day; while the desk is made ready (a minute after an installation, seconds later on), how far that is. */
async function firstDay(box: HTMLElement, early: (element: HTMLElement) => void): Promise<Day> {
  const asking = get<Day>("page/plan/day");
  const show = async (): Promise<void> => {
    try {
      const { what, share } = await get<{ what: string; share: number }>("page/plan/ready");
      put(box, h("h1", {}, t("view.plan")), progress(share, t("plan.preparing", { what: code("stage", what) })));
      early(box);
    } catch {
      // the day itself tells what is wrong
    }
  };
  const looking = window.setInterval(() => void show(), 800);
  try {
    return await asking;
  } finally {
    clearInterval(looking);
  }
}

class PlanDesk implements Shown {
  private closed = false;
  private day: Day;
  private readonly context: Context;
  private readonly box: HTMLElement;
  private readonly panel = h("section", { class: "panel", "aria-live": "polite" });
  private readonly told = h("p", { class: "told", role: "status" });
  private timeline: Timeline | undefined;
  private asking: AbortController | undefined;

  constructor(box: HTMLElement, context: Context, day: Day) {
    this.box = box;
    this.context = context;
    this.day = day;
  }

  begin(): void {
    const { day, context } = this;
    const chosen = context.state["picture"] ?? "";
    const timeline = new Timeline({
      label: t("plan.timeline"), start: ms(day.start), stop: ms(day.stop), lanes: this.lanes(),
      from: context.state["from"] ? ms(context.state["from"]) : ms(day.start), to: context.state["to"] ? ms(context.state["to"]) : ms(day.stop),
      open: (context.state["open"] ?? "").split(",").filter(Boolean), chosen,
      pick: (bar) => void this.choose(bar.id), window: (from, to) => keep({ from: iso(from), to: iso(to) }), opened: (ids) => keep({ open: ids.join(",") }),
      dragging: (bar, lane, at) => this.tryMove(bar, lane, at), dropped: (bar, lane, at) => void this.drop(bar, lane, at),
    });
    this.timeline = timeline;
    put(this.box, h("h1", {}, t("view.plan")), this.summary(),
      h("div", { class: "desk" }, h("div", { class: "left" }, timeline.element, this.told), this.panel),
      h("div", { class: "panel" }, whatIfForm(() => this.closed)), this.tables());
    if (chosen) void this.choose(chosen);
    else put(this.panel, h("p", { class: "note" }, t("plan.choose")), urgentForm(this.context.mission));
  }

  private summary(): HTMLElement {
    const { day } = this;
    const fact = (name: string, value: string, note = ""): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, " ", note) : null));
    return h("div", {}, h("dl", { class: "facts" },
      fact(t("plan.value"), day.value.toFixed(1)), fact(t("plan.bound"), day.bound.toFixed(1), t("plan.bound.note")), fact(t("plan.gap"), `${(100 * day.gap).toFixed(2)} %`),
      fact(t("plan.pictures"), String(day.pictures.length)), fact(t("plan.contacts"), String(day.contacts.length)), fact(t("plan.refused"), String(day.refused.length)),
      fact(t("plan.made"), utc(ms(day.made), false))),
    h("details", {}, h("summary", {}, t("plan.how")), h("p", {}, t("plan.solver"), ": ", day.solver), h("p", {}, t("plan.bound"), ": ", day.bound_because)));
  }

  private lanes(): Lane[] {
    const { day } = this;
    const held = new Set(day.locked);
    const bar = (row: Picture): Bar => ({
      id: row.id, kind: held.has(row.request) ? "picture locked" : "picture", from: ms(row.start), to: ms(row.stop), movable: !held.has(row.request),
      label: t("plan.bar.picture", { request: row.request, time: utc(ms(row.start)), angle: row.off_nadir_deg.toFixed(1), value: row.value.toFixed(2) }) + (held.has(row.request) ? `, ${t("plan.locked")}` : ""),
    });
    const contact = (row: Contact, other: string): Bar => ({
      id: row.id, kind: "contact", from: ms(row.start), to: ms(row.stop), movable: false,
      label: t("plan.bar.contact", { other, time: utc(ms(row.start)), gbit: (row.volume_bit / 1e9).toFixed(3) }),
    });
    const back = (kind: string, rows: readonly Stretch[]): { kind: string; from: number; to: number }[] => rows.map((row) => ({ kind, from: ms(row.start), to: ms(row.stop) }));
    const craft = day.satellites.map((one): Lane => ({
      id: one.id, name: one.id, kind: "satellite", back: back("eclipse", day.eclipses.filter((row) => row.satellite === one.id)),
      bars: [...day.pictures.filter((row) => row.satellite === one.id).map(bar), ...day.contacts.filter((row) => row.satellite === one.id).map((row) => contact(row, row.station))],
      curves: [
        { id: `${one.id}/battery`, name: t("plan.battery"), kind: "battery", values: one.stored_wh, step_ms: 1000 * day.step_s, most: one.battery_wh, least: one.min_wh, unit: "Wh", digits: 1, scale: 1 },
        { id: `${one.id}/memory`, name: t("plan.memory"), kind: "memory", values: one.held_bit, step_ms: 1000 * day.step_s, most: one.capacity_bit, least: null, unit: "Gbit", digits: 3, scale: 1e-9 },
      ],
    }));
    const ground = day.stations.map((one): Lane => ({
      id: one.id, name: one.id, kind: "station", back: back("pass", day.passes.filter((row) => row.subject === one.id)),
      bars: day.contacts.filter((row) => row.station === one.id).map((row) => contact(row, row.satellite)), curves: [],
    }));
    return [...craft, ...ground];
  }

  private async choose(id: string): Promise<void> {
    keep({ picture: id });
    const picture = this.day.pictures.find((row) => row.id === id);
    const contact = this.day.contacts.find((row) => row.id === id);
    if (contact) return this.showContact(contact);
    if (!picture) return put(this.panel, h("p", { class: "note" }, t("plan.gone")));
    put(this.panel, h("p", { class: "wait" }, t("shell.loading")));
    try {
      this.showPicture(picture, await get<Why>(`page/plan/why/${encodeURIComponent(picture.request)}`));
    } catch (error) {
      put(this.panel, trouble(error));
    }
  }

  private showContact(row: Contact): void {
    const sent = this.day.pictures.filter((one) => one.contact === row.id);
    put(this.panel, h("h2", {}, `${row.satellite} → ${row.station}`), h("p", {}, both(row.start), " – ", both(row.stop)),
      h("p", {}, t("plan.contact.says", { gbit: (row.volume_bit / 1e9).toFixed(3), mbit: (row.rate_bit_s / 1e6).toFixed(1) })),
      table({ name: row.id, caption: t("plan.contact.pictures"), rows: sent, columns: [
        { key: "request", head: t("col.request"), value: (one) => one.request, show: (one) => h("button", { type: "button", class: "link", onclick: () => this.timeline?.choose(one.id) }, one.request) },
        { key: "on_ground", head: t("plan.onground"), value: (one) => one.on_ground, show: (one) => both(one.on_ground) },
      ] }));
  }

  private showPicture(row: Picture, why: Why): void {
    const found = why.planned;
    const locked = this.day.locked.includes(row.request);
    const item = (name: string, ...value: (Node | string | null)[]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
    put(this.panel, h("h2", {}, row.request), h("p", {}, row.satellite, " · ", both(row.start)),
      h("dl", { class: "facts" }, item(t("col.offnadir"), row.off_nadir_deg.toFixed(1)), item(t("col.sun"), row.sun_elevation_deg.toFixed(1)), item(t("col.gsd"), row.gsd_m.toFixed(1)), item(t("col.clear"), `${Math.round(100 * row.p_clear)} %`), item(t("plan.value"), row.value.toFixed(2))),
      found ? h("div", {}, h("h3", {}, t("plan.why")),
        h("dl", { class: "why" },
          item(t("plan.adds"), found.value.toFixed(2)),
          item(t("plan.price"), found.price.toFixed(2), " ", h("small", {}, said(found.price_because))),
          item(t("plan.displaced"), found.displaced.join(", ") || t("plan.nobody")),
          item(t("plan.nextbest"), found.next_best ? `${found.next_best.satellite} ${utc(ms(found.next_best.start))} (${found.next_best.value.toFixed(2)})` : t("plan.noother")),
          item(t("plan.onground"), both(found.on_ground)), item(t("plan.latest"), both(found.on_ground_latest), " ", h("small", {}, said(found.because))))) : null,
      h("p", { class: "acts" }, h("button", { type: "button", "aria-pressed": String(locked), onclick: () => void this.lock(row, !locked) }, locked ? t("plan.free") : t("plan.lock"))),
      locked ? h("p", { class: "note" }, t("plan.locked.note")) : this.others(row, why.looks));
  }

  /** Every other pass, one row each: the way to move a picture without a mouse. */
  private others(row: Picture, looks: readonly Look[]): HTMLElement {
    const verdict = h("div", { class: "verdict", role: "status" });
    const attempt = async (look: Look, keepIt: boolean): Promise<void> => {
      try {
        const found = await send<Tried>("page/plan/moves", { acquisition: row.id, satellite: look.satellite, at: look.middle, keep: keepIt });
        put(verdict, this.says(found), found.possible && !keepIt ? h("button", { type: "button", class: "main", onclick: () => void attempt(look, true) }, t("plan.move.keep")) : null);
        if (keepIt && found.possible) await this.again(row.request);
      } catch (error) {
        put(verdict, trouble(error));
      }
    };
    return h("div", {}, h("h3", {}, t("plan.move.title")), h("p", { class: "note" }, t("plan.move.note")), verdict,
      table({ name: `looks-${row.request}`, caption: t("plan.looks"), rows: looks, columns: [
        { key: "satellite", head: t("col.satellite"), value: (look) => look.satellite },
        { key: "start", head: t("col.start"), value: (look) => look.start, show: (look) => both(look.start) },
        { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (look) => look.off_nadir_deg, show: (look) => look.off_nadir_deg.toFixed(1) },
        { key: "p_clear", head: t("col.clear"), number: true, value: (look) => look.p_clear, show: (look) => `${Math.round(100 * look.p_clear)} %` },
        { key: "value", head: t("plan.value"), number: true, value: (look) => look.value, show: (look) => look.value.toFixed(2) },
        { key: "try", head: t("plan.move"), value: () => "", show: (look) => h("button", { type: "button", "aria-label": t("plan.try.label", { satellite: look.satellite, time: utc(ms(look.start)) }), onclick: () => void attempt(look, false) }, t("plan.try")) },
      ] }));
  }

  private says(found: Tried): HTMLElement {
    if (found.possible) return h("p", { class: "fine" }, t("plan.move.fine", { satellite: found.look.satellite, time: utc(ms(found.look.middle)), gain: (found.gain >= 0 ? "+" : "−") + Math.abs(found.gain).toFixed(2) }));
    return h("div", { class: "broken" }, h("p", {}, h("strong", {}, t("plan.move.breaks"))), h("ul", {}, found.violations.map((one) => h("li", {}, h("strong", {}, code("rule", one.rule)), " ", said(one.because), " ", h("small", {}, one.subject)))));
  }

  private readonly ask = settled((bar: Bar, lane: string, at: number): void => {
    this.asking?.abort();
    this.asking = new AbortController();
    const began = performance.now();
    send<Tried>("page/plan/moves", { acquisition: bar.id, satellite: lane, at: iso(at) }).then((found) => {
      this.timeline?.verdict(found.possible);
      put(this.told, this.says(found), h("small", {}, t("plan.checked", { ms: Math.round(performance.now() - began) })));
      this.told.dataset["checked"] = String(Math.round(performance.now() - began));
    }, (error: unknown) => {
      this.timeline?.verdict(false);
      put(this.told, h("span", { class: "broken" }, error instanceof Error ? error.message : String(error)));
    });
  }, 40);

  private tryMove(bar: Bar, lane: string, at: number): void {
    if (this.day.satellites.some((one) => one.id === lane)) this.ask(bar, lane, at);
  }

  private async drop(bar: Bar, lane: string, at: number): Promise<void> {
    const picture = this.day.pictures.find((row) => row.id === bar.id);
    if (!picture || !this.day.satellites.some((one) => one.id === lane)) return;
    try {
      const found = await send<Tried>("page/plan/moves", { acquisition: bar.id, satellite: lane, at: iso(at) });
      const keepIt = async (): Promise<void> => {
        try {
          await send<Tried>("page/plan/moves", { acquisition: bar.id, satellite: lane, at: iso(at), keep: true });
          await this.again(picture.request);
        } catch (error) {
          put(this.told, trouble(error));
        }
      };
      const ask = found.possible ? h("p", { class: "acts" }, h("button", { type: "button", class: "main", onclick: () => void keepIt() }, t("plan.move.keep")), " ", h("button", { type: "button", onclick: () => { this.timeline?.back(); put(this.told); } }, t("plan.move.leave"))) : null;
      put(this.told, this.says(found), ask);
      if (!found.possible) this.timeline?.back();
      else ask?.querySelector("button")?.focus();
    } catch (error) {
      this.timeline?.back();
      put(this.told, trouble(error));
    }
  }

  private async lock(row: Picture, locked: boolean): Promise<void> {
    try {
      await send("page/plan/locks", { requests: [row.request], locked });
      await this.again(row.request);
    } catch (error) {
      put(this.panel, trouble(error));
    }
  }

  /** The plan as it is now, with the same request chosen. */
  private async again(request: string): Promise<void> {
    this.day = await get<Day>("page/plan/day");
    const picture = this.day.pictures.find((row) => row.request === request);
    put(this.told);
    const summary = this.box.querySelector(".facts")?.parentElement;
    summary?.replaceWith(this.summary());
    this.box.querySelector(".tables")?.replaceWith(this.tables());
    this.timeline?.draw(this.lanes());
    if (picture) this.timeline?.choose(picture.id);
    this.context.say(t("plan.changed"));
  }

  private tables(): HTMLElement {
    const { day } = this;
    return h("div", { class: "tables" },
      table({ name: "pictures", caption: t("plan.pictures"), rows: day.pictures, columns: [
        { key: "request", head: t("col.request"), value: (row) => row.request, show: (row) => h("button", { type: "button", class: "link", onclick: () => this.timeline?.choose(row.id) }, row.request) },
        { key: "satellite", head: t("col.satellite"), value: (row) => row.satellite },
        { key: "start", head: t("col.start"), value: (row) => row.start, show: (row) => both(row.start) },
        { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (row) => row.off_nadir_deg, show: (row) => row.off_nadir_deg.toFixed(1) },
        { key: "p_clear", head: t("col.clear"), number: true, value: (row) => row.p_clear, show: (row) => `${Math.round(100 * row.p_clear)} %` },
        { key: "value", head: t("plan.value"), number: true, value: (row) => row.value, show: (row) => row.value.toFixed(2) },
        { key: "on_ground", head: t("plan.onground"), value: (row) => row.on_ground, show: (row) => both(row.on_ground) },
        { key: "locked", head: t("plan.locked"), value: (row) => day.locked.includes(row.request), show: (row) => (day.locked.includes(row.request) ? t("yes") : "") },
      ] }),
      table({ name: "contacts", caption: t("plan.contacts"), rows: day.contacts, columns: [
        { key: "satellite", head: t("col.satellite"), value: (row) => row.satellite }, { key: "station", head: t("col.station"), value: (row) => row.station },
        { key: "start", head: t("col.start"), value: (row) => row.start, show: (row) => both(row.start) },
        { key: "length_s", head: t("col.length"), number: true, value: (row) => (ms(row.stop) - ms(row.start)) / 1000, show: (row) => span(ms(row.stop) - ms(row.start)) },
        { key: "volume_bit", head: t("col.volume"), number: true, value: (row) => row.volume_bit, show: (row) => (row.volume_bit / 1e9).toFixed(3) },
      ] }),
      table({ name: "refused", caption: t("plan.refused"), rows: day.refused, columns: [
        { key: "request", head: t("col.request"), value: (row) => row.request }, { key: "reason", head: t("col.reason"), value: (row) => row.reason, show: (row) => code("reason", row.reason.split(":")[0]!) },
        { key: "because", head: t("col.because"), value: (row) => said(row.because) },
      ] }),
      day.limits.length ? table({ name: "limits", caption: t("plan.limits"), rows: day.limits, columns: [
        { key: "what", head: t("col.what"), value: (row) => row.what }, { key: "orders", head: t("col.orders"), value: (row) => row.orders.join(", ") }, { key: "value", head: t("plan.value"), number: true, value: (row) => row.value, show: (row) => row.value.toFixed(1) },
      ] }) : null,
      table({ name: "levels", caption: t("plan.levels"), limit: 60, rows: this.levels(), columns: [
        { key: "satellite", head: t("col.satellite"), value: (row) => row.satellite }, { key: "time", head: t("col.time"), value: (row) => iso(row.time), show: (row) => both(row.time, false) },
        { key: "battery_wh", head: t("plan.battery.wh"), number: true, value: (row) => row.battery_wh, show: (row) => row.battery_wh.toFixed(1) },
        { key: "memory_bit", head: t("plan.memory.gbit"), number: true, value: (row) => row.memory_bit, show: (row) => (row.memory_bit / 1e9).toFixed(3) },
      ] }));
  }

  private levels(): { satellite: string; time: number; battery_wh: number; memory_bit: number }[] {
    return this.day.satellites.flatMap((one) => one.stored_wh.map((battery_wh, n) => ({ satellite: one.id, time: ms(this.day.start) + 1000 * this.day.step_s * n, battery_wh, memory_bit: one.held_bit[n]! })));
  }

  news(news: { kind: string }): void {
    if (news.kind === "plan") put(this.told, h("span", {}, t("plan.new"), " ", h("button", { type: "button", onclick: () => location.reload() }, t("error.again"))));
  }

  close(): void {
    this.closed = true;
    this.timeline?.close();
  }
}

