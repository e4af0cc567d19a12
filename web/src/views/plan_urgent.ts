import { send } from "../lib/api.ts";
import { h, put } from "../lib/dom.ts";
import { table } from "../lib/table.ts";
import { both } from "../lib/when.ts";
import { said, t } from "../lib/words.ts";
import { go } from "../lib/route.ts";
import { present } from "../lib/clock.ts";
import { iso, ms } from "../lib/when.ts";
import { trouble } from "../lib/trouble.ts";
import type { Mission } from "./views.ts";

interface Urgent {
  readonly look: { satellite: string; start: string; off_nadir_deg: number; p_clear: number; on_ground: string; contact: string };
  readonly gain: number;
  readonly dropped: readonly { request: string; because: string }[];
  readonly moved: readonly { request: string; because: string }[];
}

/** The same in the trial and in the order. */
const SUN_DEG = 5;
const EXTENT_M = 5000;

/** What an urgent order would do to the plan, before anybody places it. */
export function urgentForm(mission: Mission): HTMLElement {
  const number = (id: string, label: string, value: string, min: number, max: number): [HTMLElement, HTMLInputElement] => {
    const field = h("input", { type: "number", id, value, min, max, step: "any", required: true });
    return [h("div", {}, h("label", { for: id }, label), field), field];
  };
  const [lonBox, lon] = number("urgent-lon", t("col.lon"), "11.05", -180, 180);
  const [latBox, lat] = number("urgent-lat", t("col.lat"), "45.0", -90, 90);
  const [worthBox, worth] = number("urgent-value", t("plan.urgent.value"), "60", 0.1, 1000);
  const [angleBox, angle] = number("urgent-angle", t("plan.urgent.angle"), "35", 0, 60);
  const answer = h("div", { role: "status" });
  const place = async (): Promise<void> => {
    const from = Math.max(ms(mission.start), Math.min(present(), ms(mission.stop)));
    const limit = (op: string, property: string, value: number): unknown => ({ op, args: [{ property }, value] });
    try {
      const made = await send<{ id: string }>("stapi/products/flood/orders", {
        datetime: `${iso(from < ms(mission.stop) ? from : ms(mission.start))}/..`, geometry: { type: "Point", coordinates: [Number(lon.value), Number(lat.value)] },
        filter: { op: "and", args: [limit("<=", "view:off_nadir", Number(angle.value)), limit(">=", "view:sun_elevation", SUN_DEG)] },
        order_parameters: { value: Number(worth.value), urgent: true, extent_m: EXTENT_M },
      });
      go("order", { order: made.id });
    } catch (error) {
      put(answer, trouble(error));
    }
  };
  const ask = async (event: Event): Promise<void> => {
    event.preventDefault();
    put(answer, h("p", { class: "wait" }, t("shell.loading")));
    try {
      const found = await send<Urgent>("page/plan/urgent", { lon_deg: Number(lon.value), lat_deg: Number(lat.value), value: Number(worth.value), max_off_nadir_deg: Number(angle.value), min_sun_elevation_deg: SUN_DEG, extent_m: EXTENT_M });
      put(answer, h("p", {}, h("strong", {}, found.look.satellite), " ", both(found.look.start)), h("p", {}, t("plan.onground"), ": ", both(found.look.on_ground)),
        h("p", {}, t("plan.urgent.gain", { gain: (found.gain >= 0 ? "+" : "−") + Math.abs(found.gain).toFixed(1) })),
        found.dropped.length + found.moved.length ? table({ name: "urgent", caption: t("plan.urgent.bumped"), rows: [...found.dropped.map((one) => ({ ...one, what: t("plan.urgent.dropped") })), ...found.moved.map((one) => ({ ...one, what: t("plan.urgent.moved") }))], columns: [
          { key: "request", head: t("col.request"), value: (one) => one.request }, { key: "what", head: t("col.what"), value: (one) => one.what }, { key: "because", head: t("col.because"), value: (one) => said(one.because) },
        ] }) : h("p", { class: "fine" }, t("plan.urgent.nobody")),
        h("p", { class: "acts" }, h("button", { type: "button", class: "main", onclick: () => void place() }, t("plan.urgent.order"))));
    } catch (error) {
      put(answer, trouble(error));
    }
  };
  return h("form", { class: "urgent", onsubmit: ask }, h("h2", {}, t("plan.urgent")), h("p", { class: "note" }, t("plan.urgent.note")),
    h("div", { class: "fields" }, lonBox, latBox, worthBox, angleBox), h("button", { type: "submit", class: "main" }, t("plan.urgent.ask")), answer);
}
