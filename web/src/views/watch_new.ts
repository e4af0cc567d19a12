import { send } from "../lib/api.ts";
import { h, put } from "../lib/dom.ts";
import { trouble } from "../lib/trouble.ts";
import { code, t } from "../lib/words.ts";

/** One more place under watch. */
export function newPlace(kinds: Readonly<Record<string, string>>, made: (id: string) => Promise<void>): HTMLElement {
  const field = (id: string, label: string, props: Record<string, string | number | boolean>): [HTMLElement, HTMLInputElement] => {
    const input = h("input", { id, required: true, ...props });
    return [h("div", {}, h("label", { for: id }, label), input), input];
  };
  const number = { type: "number", step: "any" };
  const [nameBox, name] = field("watch-id", t("watch.new.name"), { pattern: "[A-Za-z0-9_.\\-]{1,64}", autocomplete: "off" });
  const [lonBox, lon] = field("watch-lon", t("col.lon"), { ...number, min: -180, max: 180 });
  const [latBox, lat] = field("watch-lat", t("col.lat"), { ...number, min: -90, max: 90 });
  const [wideBox, wide] = field("watch-radius", t("watch.new.radius"), { ...number, min: 10, max: 200000, value: 1000 });
  const [rateBox, rate] = field("watch-rate", t("watch.promised"), { ...number, min: 0.001, max: 10000, value: 1 });
  const follow = h("input", { id: "watch-follow", type: "checkbox" });
  const looks = Object.entries(kinds).map(([kind, words]) => ({ kind, words, input: h("input", { id: `watch-${kind}`, type: "checkbox", checked: true }) }));
  const told = h("div", { role: "status" });
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    const look_for = looks.filter(({ input }) => input.checked).map(({ kind }) => kind);
    try {
      const place = await send<{ id: string }>("watch/places", { id: name.value, lon_deg: Number(lon.value), lat_deg: Number(lat.value), radius_m: Number(wide.value), false_alarms: Number(rate.value), follow_up: follow.checked, look_for });
      put(told, h("p", { class: "fine" }, t("watch.new.done", { place: place.id })));
      await made(place.id);
    } catch (error) {
      put(told, trouble(error));
    }
  };
  return h("details", { class: "panel" }, h("summary", {}, t("watch.new")), h("form", { onsubmit: add },
    h("div", { class: "fields" }, nameBox, lonBox, latBox, wideBox, rateBox),
    h("fieldset", {}, h("legend", {}, t("watch.lookfor")), looks.map(({ kind, words, input }) => h("div", { class: "check" }, input, h("label", { for: input.id }, code("change", kind), " ", h("small", {}, words))))),
    h("div", { class: "check" }, follow, h("label", { for: follow.id }, t("watch.new.follow"))), h("button", { type: "submit", class: "main" }, t("watch.new.add")), told));
}
