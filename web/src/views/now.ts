import { call, get } from "../lib/api.ts";
import { present } from "../lib/clock.ts";
import { h, put, settled } from "../lib/dom.ts";
import { renderer, type Picture } from "../lib/picture.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { tracks, type Packet } from "../lib/track.ts";
import { both, iso, local, ms, span, utc } from "../lib/when.ts";
import { t } from "../lib/words.ts";
import type { Context, Shown } from "./views.ts";

interface Contact { readonly id: string; readonly satellite: string; readonly station: string; readonly start: string; readonly stop: string; readonly volume_bit: number }
interface Acquisition { readonly id: string; readonly request: string; readonly satellite: string; readonly start: string; readonly stop: string; readonly off_nadir_deg: number; readonly on_ground: string }
interface Plan { readonly acquisitions: readonly Acquisition[]; readonly contacts: readonly Contact[] }

const SPEEDS = [1, 10, 60, 300] as const;

/** Where everything is now, or was or will be at any moment of the plan. */
export async function now(box: HTMLElement, context: Context, early: (element: HTMLElement) => void): Promise<Shown> {
  const [czml, plan] = await Promise.all([call("page/motion.czml").then((answer) => answer.text()), get<Plan>("plan")]);
  const page = new Now(box, context, czml, plan);
  early(box);
  await page.look(context.state["as"] ?? "");
  return page;
}

class Now implements Shown {
  private picture: Picture | undefined;
  private time: number;
  private playing = 0;
  private speed: number;
  private readonly start: number;
  private readonly stop: number;
  private readonly stage = h("div", { class: "stage" });
  private readonly clock = h("p", { class: "clock" });
  private readonly slider: HTMLInputElement;
  private readonly play = h("button", { type: "button", class: "play", onclick: () => this.toggle() });
  private readonly below = h("div", { class: "below" });
  private readonly kinds = h("div", { class: "choice", role: "group" });
  private readonly flying;
  private readonly chosen = h("p", { class: "chosen", role: "status" });
  private closed = false;
  private readonly context: Context;
  private readonly czml: string;
  private readonly plan: Plan;

  constructor(box: HTMLElement, context: Context, czml: string, plan: Plan) {
    this.context = context;
    this.czml = czml;
    this.plan = plan;
    const { mission, state } = context;
    this.start = ms(mission.start);
    this.stop = ms(mission.stop);
    this.flying = tracks(JSON.parse(czml) as Packet[]);
    const here = present();
    const wanted = state["t"] ? ms(state["t"]) : here;
    this.time = wanted >= this.start && wanted <= this.stop ? wanted : this.start;
    this.speed = SPEEDS.find((speed) => String(speed) === state["speed"]) ?? 60;
    this.slider = h("input", { type: "range", min: this.start, max: this.stop, step: 10_000, value: this.time, id: "time", "aria-label": t("now.slider"), oninput: () => this.move(Number(this.slider.value)) });
    const past = here > this.stop || here < this.start;
    put(box,
      h("h1", {}, t("view.now")),
      past ? h("p", { class: "note" }, t("now.past", { start: utc(this.start, false), stop: utc(this.stop, false) })) : null,
      h("div", { class: "look" },
        h("div", { class: "left" }, this.kinds, this.stage, this.controls(past), this.chosen),
        this.below));
    this.drawTables();
    this.tick();
  }

  private controls(past: boolean): HTMLElement {
    const speeds = h("select", { "aria-label": t("now.speed"), onchange: (event: Event) => { this.speed = Number((event.target as HTMLSelectElement).value); keep({ speed: this.speed }); } },
      SPEEDS.map((speed) => h("option", { value: speed, selected: speed === this.speed }, `× ${speed}`)));
    return h("div", { class: "controls" }, this.play, speeds, this.slider, this.clock,
      past ? null : h("button", { type: "button", onclick: () => this.move(present()) }, t("now.present")));
  }

  /** The globe, the flat map or tables only; what was chosen before, else what this machine can draw. */
  async look(asked: string): Promise<void> {
    const can = renderer();
    const kind = can === "none" || asked === "table" ? "table" : asked === "map" ? "map" : "globe";
    put(this.kinds, (["globe", "map", "table"] as const).map((name) => h("button", {
      type: "button", "aria-pressed": String(name === kind), disabled: name !== "table" && can === "none", onclick: () => { keep({ as: name }); void this.look(name); },
    }, t(`now.as.${name}`))));
    this.kinds.setAttribute("aria-label", t("now.as"));
    this.picture?.close();
    this.picture = undefined;
    this.stage.hidden = kind === "table";
    this.stage.dataset["ready"] = kind === "table" ? "table" : "";
    if (kind === "table") return;
    const room = h("div", { class: "room" });
    put(this.stage, room, h("p", { class: "wait" }, t("shell.loading")));
    const options = { czml: this.czml, time: this.time, dark: this.context.dark(), centre: [15, 30] as const, pick: (id: string) => this.pick(id), light: can === "software", label: t("now.map") };
    const made = kind === "globe" ? await (await import("../lib/globe.ts")).globe(room, options) : await (await import("../lib/flat.ts")).flatPicture(room, options);
    if (this.closed) return made.close();
    this.picture = made;
    made.show(this.time);
    this.stage.querySelector(".wait")?.remove();
    this.stage.dataset["ready"] = kind + (kind === "globe" && can === "software" ? " light" : "");
    this.stage.setAttribute("role", kind === "globe" ? "img" : "region");
    this.stage.setAttribute("aria-label", t(kind === "globe" ? "now.globe" : "now.map"));
  }

  private readonly remember = settled(() => keep({ t: iso(Math.round(this.time / 1000) * 1000) }), 300);
  private readonly drawLater = settled(() => this.drawTables(), 120);

  private move(time: number): void {
    this.time = Math.max(this.start, Math.min(this.stop, time));
    this.picture?.show(this.time);
    this.tick();
    this.remember();
    this.drawLater();
  }

  private tick(): void {
    this.slider.value = String(this.time);
    this.slider.setAttribute("aria-valuetext", `${utc(this.time)}, ${local(this.time)}`);
    put(this.clock, both(this.time));
    put(this.play, this.playing ? t("now.pause") : t("now.play"));
    this.play.setAttribute("aria-pressed", String(Boolean(this.playing)));
  }

  private toggle(): void {
    if (this.playing) {
      clearInterval(this.playing);
      this.playing = 0;
      this.tick();
      return;
    }
    const every_ms = 100;
    let drawn = performance.now();
    let tables = 0;
    this.playing = window.setInterval(() => {
      const at = performance.now();
      this.time += (at - drawn) * this.speed;
      drawn = at;
      if (this.time >= this.stop) this.time = this.start;
      this.picture?.show(this.time);
      this.tick();
      if (at - tables > 2000) {
        tables = at;
        this.drawTables();
        this.remember();
      }
    }, every_ms);
    this.tick();
  }

  private pick(id: string): void {
    const [kind = "", name = ""] = id.split("/", 2);
    const row = kind === "picture" ? this.plan.acquisitions.find((one) => one.id === name) : undefined;
    put(this.chosen, row ? [h("strong", {}, row.request), " ", row.satellite, " ", both(row.start), ` ${row.off_nadir_deg.toFixed(1)}°`] : h("strong", {}, name || id));
  }

  private drawTables(): void {
    const { time } = this;
    const next = this.plan.contacts.filter((row) => ms(row.stop) >= time).sort((a, b) => ms(a.start) - ms(b.start)).slice(0, 12);
    const looks = this.plan.acquisitions.filter((row) => ms(row.stop) >= time).sort((a, b) => ms(a.start) - ms(b.start)).slice(0, 12);
    const where = this.flying.map((track) => ({ id: track.id, color: track.color, at: track.at(time) }));
    const focused = document.activeElement instanceof HTMLElement && this.below.contains(document.activeElement);
    if (focused && this.playing) return;
    put(this.below,
      h("h2", {}, t("now.next")),
      table({ name: "next-contacts", caption: t("now.contacts"), rows: next, empty: t("now.nomore"), columns: [
        { key: "satellite", head: t("col.satellite"), value: (row) => row.satellite },
        { key: "station", head: t("col.station"), value: (row) => row.station },
        { key: "start", head: t("col.start"), value: (row) => row.start, show: (row) => both(row.start) },
        { key: "in_s", head: t("col.in"), number: true, value: (row) => Math.round((ms(row.start) - time) / 1000), show: (row) => (ms(row.start) <= time ? t("now.running") : span(ms(row.start) - time)) },
      ] }),
      table({ name: "next-pictures", caption: t("now.pictures"), rows: looks, empty: t("now.nomore"), columns: [
        { key: "request", head: t("col.request"), value: (row) => row.request },
        { key: "satellite", head: t("col.satellite"), value: (row) => row.satellite },
        { key: "start", head: t("col.start"), value: (row) => row.start, show: (row) => both(row.start) },
        { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (row) => row.off_nadir_deg, show: (row) => row.off_nadir_deg.toFixed(1) },
      ] }),
      h("h2", {}, t("now.where")),
      table({ name: "positions", caption: t("now.positions", { time: utc(time) }), rows: where, columns: [
        { key: "satellite", head: t("col.satellite"), value: (row) => row.id, show: (row) => h("button", { type: "button", class: "link", onclick: () => this.picture?.go(`satellite/${row.id}`) }, row.id) },
        { key: "lon_deg", head: t("col.lon"), number: true, value: (row) => row.at?.lon_deg, show: (row) => row.at?.lon_deg.toFixed(2) ?? "–" },
        { key: "lat_deg", head: t("col.lat"), number: true, value: (row) => row.at?.lat_deg, show: (row) => row.at?.lat_deg.toFixed(2) ?? "–" },
        { key: "altitude_km", head: t("col.altitude"), number: true, value: (row) => row.at && row.at.altitude_m / 1000, show: (row) => (row.at ? (row.at.altitude_m / 1000).toFixed(0) : "–") },
      ] }),
      table({ name: "stations", caption: t("now.stations"), rows: this.context.mission.stations, columns: [
        { key: "station", head: t("col.station"), value: (row) => row.id, show: (row) => h("button", { type: "button", class: "link", onclick: () => this.picture?.go(`station/${row.id}`) }, row.id) },
        { key: "lon_deg", head: t("col.lon"), number: true, value: (row) => row.lon_deg },
        { key: "lat_deg", head: t("col.lat"), number: true, value: (row) => row.lat_deg },
      ] }));
  }

  paint(dark: boolean): void {
    void this.picture?.paint(dark);
  }

  close(): void {
    this.closed = true;
    clearInterval(this.playing);
    this.picture?.close();
  }
}
