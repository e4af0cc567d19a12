import { get, send } from "../lib/api.ts";
import { h, put } from "../lib/dom.ts";
import { answered } from "../lib/job.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { said, t } from "../lib/words.ts";

interface Fleets { readonly satellites: readonly string[]; readonly stations: readonly string[]; readonly more_stations: readonly string[] }
interface Worth { readonly value: number; readonly bound: number; readonly gap: number; readonly pictures: number; readonly contacts: number; readonly refused: number }
interface Compared { readonly before: Worth; readonly after: Worth; readonly newly_refused: readonly { request: string; because: string }[]; readonly newly_planned: readonly string[] }

const ROWS = ["value", "bound", "gap", "pictures", "contacts", "refused"] as const;

/** What another fleet would be worth: a worker plans the same stretch with both. */
export function whatIfForm(gone: () => boolean): HTMLElement {
  const choice = (id: string, label: string): [HTMLElement, HTMLSelectElement] => {
    const select = h("select", { id }, h("option", { value: "" }, t("whatif.nothing")));
    return [h("div", {}, h("label", { for: id }, label), select), select];
  };
  const [craftBox, craft] = choice("whatif-satellite", t("whatif.drop.satellite"));
  const [stationBox, station] = choice("whatif-station", t("whatif.drop.station"));
  const [moreBox, more] = choice("whatif-more", t("whatif.add.station"));
  const [likeBox, like] = choice("whatif-like", t("whatif.add.satellite"));
  const ahead = h("input", { id: "whatif-ahead", type: "number", min: -359, max: 359, step: 1, value: 180 });
  const own = h("input", { id: "whatif-own", placeholder: "126.9, 37.6", autocomplete: "off" });
  const answer = h("div", { role: "status" });
  const fill = (select: HTMLSelectElement, ids: readonly string[]): void => void select.append(...ids.map((id) => h("option", { value: id }, id)));
  get<Fleets>("page/plan/fleets").then((fleets) => {
    fill(craft, fleets.satellites);
    fill(like, fleets.satellites);
    fill(station, fleets.stations);
    fill(more, fleets.more_stations);
  }, (error: unknown) => put(answer, trouble(error)));
  const ask = async (event: Event): Promise<void> => {
    event.preventDefault();
    const place = own.value.replaceAll(/\s/g, "");
    const angle = Number(ahead.value);
    const twin = like.value && Number.isFinite(angle) ? `${like.value}${angle < 0 ? "" : "+"}${angle}` : "";
    put(answer, h("p", { class: "wait" }, t("shell.loading")));
    try {
      const { id } = await send<{ id: number }>("page/plan/what-if", { drop_satellites: [craft.value].filter(Boolean), drop_stations: [station.value].filter(Boolean), add_stations: [more.value, place].filter(Boolean), add_satellites: [twin].filter(Boolean) });
      const job = await answered(id, answer, gone);
      if (job?.result) show(answer, job.result as unknown as Compared);
    } catch (error) {
      put(answer, trouble(error));
    }
  };
  return h("details", { class: "what-if" }, h("summary", {}, t("whatif")), h("form", { onsubmit: ask }, h("p", { class: "note" }, t("whatif.note")),
    h("div", { class: "fields" }, craftBox, stationBox, likeBox, h("div", {}, h("label", { for: ahead.id }, t("whatif.ahead")), ahead), moreBox, h("div", {}, h("label", { for: own.id }, t("whatif.own")), own)), h("button", { type: "submit", class: "main" }, t("whatif.ask")), answer));
}

function show(box: HTMLElement, found: Compared): void {
  const told = (name: (typeof ROWS)[number], value: number): string => (name === "gap" ? `${(100 * value).toFixed(2)} %` : name === "value" || name === "bound" ? value.toFixed(1) : String(value));
  const change = (name: (typeof ROWS)[number]): number => found.after[name] - found.before[name];
  const sign = (value: number): string => (value > 0 ? "+" : value < 0 ? "−" : "±");
  put(box, table({ name: "what-if", caption: t("whatif.answer"), rows: ROWS, columns: [
    { key: "what", head: t("col.what"), value: (name) => name, show: (name) => t(`plan.${name}`) },
    { key: "before", head: t("whatif.before"), number: true, value: (name) => found.before[name], show: (name) => told(name, found.before[name]) },
    { key: "after", head: t("whatif.after"), number: true, value: (name) => found.after[name], show: (name) => told(name, found.after[name]) },
    { key: "change", head: t("whatif.change"), number: true, value: change, show: (name) => sign(Number(change(name).toFixed(4))) + told(name, Math.abs(change(name))) },
  ] }), found.newly_refused.length ? table({ name: "what-if-refused", caption: t("whatif.lost"), rows: found.newly_refused, columns: [
    { key: "request", head: t("col.request"), value: (one) => one.request }, { key: "because", head: t("col.because"), value: (one) => said(one.because) },
  ] }) : h("p", { class: "fine" }, t("whatif.nobody")), found.newly_planned.length ? h("p", {}, t("whatif.won"), " ", found.newly_planned.join(", ")) : null);
}
