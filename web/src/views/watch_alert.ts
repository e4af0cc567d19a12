import type { Geometry } from "geojson";
import { address, send } from "../lib/api.ts";
import { h, put, type Child } from "../lib/dom.ts";
import { framed } from "../lib/frame.ts";
import { go } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { both } from "../lib/when.ts";
import { code, said, t } from "../lib/words.ts";

export interface Alert {
  readonly id: string; readonly place: string; readonly kind: string; readonly headline: string; readonly before: string; readonly after: string; readonly noticed: string; readonly geometry: Geometry;
  readonly area_m2: { readonly value: number; readonly interval: readonly [number, number] | null }; readonly scenes: { readonly before: string; readonly after: string };
  readonly tests: readonly { name: string; value: number; bound: number; unit: string; passed: boolean; because: string }[]; readonly limits: readonly string[];
  readonly simulated: boolean; readonly status: "open" | "confirmed" | "dismissed"; readonly revision: number; readonly steps: readonly { name: string; at: string; told: string }[]; readonly answer: string;
  readonly false_alarms_per_1000_km2_year: number;
  readonly verdicts?: readonly { word: string; at: string; who: string; why: string }[]; readonly messages?: readonly { target: string; state: string; attempts: number; why: string; revision: number }[];
}
type Decide = (word: "confirm" | "dismiss", why: string, revision: number) => Promise<void>;

/** An alert with all that speaks for it and against it, and the two buttons. */
export function showAlert(box: HTMLElement, alert: Alert, decide: Decide | undefined, back: () => void): void {
  const fact = (name: string, ...value: Child[]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  const area = (alert.area_m2.value / 1e4).toFixed(2) + (alert.area_m2.interval ? ` (${alert.area_m2.interval.map((m2) => (m2 / 1e4).toFixed(2)).join("–")}, 90 %)` : "");
  const told = h("div", { role: "status" });
  put(box, h("h2", {}, said(alert.headline)), h("p", { class: alert.simulated ? "truth simulated" : "truth real" }, alert.simulated ? t("shell.simulated") : t("shell.real")),
    h("p", {}, h("span", { class: `status alert-${alert.status}` }, t(`alert.${alert.status}`)), " · ", h("button", { type: "button", class: "link", onclick: back }, alert.place), " · ", code("change", alert.kind)),
    h("dl", { class: "facts" }, fact(t("alert.before"), both(alert.before, false)), fact(t("alert.after"), both(alert.after, false)), fact(t("watch.area"), area), fact(t("watch.promised"), String(alert.false_alarms_per_1000_km2_year))),
    alert.answer ? h("p", {}, h("strong", {}, t("alert.answer")), " ", alert.answer) : null,
    decide ? verdictForm(alert, decide, told) : null, told,
    h("p", { class: "acts" }, h("button", { type: "button", onclick: () => void compare(alert, told) }, t("alert.compare")), " ", h("a", { href: address(`watch/alerts/${encodeURIComponent(alert.id)}/cap`), download: `${alert.id}.cap.xml` }, "CAP 1.2")),
    framed(address(`watch/alerts/${encodeURIComponent(alert.id)}/page?form=false`), t("alert.evidence"), true),
    table({ name: `tests-${alert.id}`, caption: t("alert.tests"), rows: alert.tests, columns: [
      { key: "name", head: t("alert.test"), value: (one) => said(one.name) }, { key: "value", head: t("plan.value"), number: true, value: (one) => one.value, show: (one) => `${Number(one.value.toPrecision(4))} ${one.unit}` },
      { key: "bound", head: t("alert.bound"), number: true, value: (one) => one.bound, show: (one) => `${Number(one.bound.toPrecision(4))} ${one.unit}` }, { key: "passed", head: t("alert.speaks"), value: (one) => one.passed, show: (one) => (one.passed ? t("yes") : t("no")) }, { key: "because", head: t("col.because"), value: (one) => said(one.because) },
    ] }),
    alert.steps.length ? table({ name: `steps-${alert.id}`, caption: t("alert.steps"), rows: alert.steps, columns: [
      { key: "name", head: t("col.what"), value: (one) => one.name, show: (one) => code("step", one.name) }, { key: "at", head: t("col.time"), value: (one) => one.at, show: (one) => both(one.at) }, { key: "told", head: t("admin.note"), value: (one) => one.told },
    ] }) : null,
    alert.verdicts?.length ? table({ name: `verdicts-${alert.id}`, caption: t("alert.verdicts"), rows: alert.verdicts, columns: [
      { key: "at", head: t("col.time"), value: (one) => one.at, show: (one) => both(one.at) }, { key: "word", head: t("alert.verdict"), value: (one) => one.word, show: (one) => t(`alert.${one.word}`) }, { key: "who", head: t("admin.who"), value: (one) => one.who }, { key: "why", head: t("admin.why"), value: (one) => one.why },
    ] }) : null,
    alert.messages?.length ? table({ name: `messages-${alert.id}`, caption: t("alert.messages"), rows: alert.messages, columns: [
      { key: "target", head: t("alert.target"), value: (one) => one.target }, { key: "state", head: t("order.status"), value: (one) => one.state, show: (one) => code("message", one.state) }, { key: "attempts", head: t("admin.attempts"), number: true, value: (one) => one.attempts }, { key: "why", head: t("col.because"), value: (one) => said(one.why) },
    ] }) : null,
    alert.limits.length ? h("div", {}, h("h3", {}, t("alert.limits")), h("ul", {}, alert.limits.map((one) => h("li", {}, said(one))))) : null);
}

function verdictForm(alert: Alert, decide: Decide, told: HTMLElement): HTMLElement {
  const why = h("input", { id: "verdict-why", maxlength: 500, autocomplete: "off" });
  const act = (word: "confirm" | "dismiss") => async (): Promise<void> => {
    try {
      await decide(word, why.value, alert.revision);
    } catch (error) {
      put(told, trouble(error));
    }
  };
  return h("div", { class: "verdict-form" }, h("label", { for: "verdict-why" }, t("alert.why")), why,
    h("p", { class: "acts" }, h("button", { type: "button", class: "main", onclick: () => void act("confirm")() }, t("alert.confirm")), " ", h("button", { type: "button", onclick: () => void act("dismiss")() }, t("alert.dismiss"))));
}

/** Both pictures in the archive, one beside the other with the slider. */
async function compare(alert: Alert, told: HTMLElement): Promise<void> {
  try {
    const { features } = await send<{ features: { id: string; collection: string }[] }>("stac/search", { ids: [alert.scenes.before, alert.scenes.after], limit: 10 });
    const key = (id: string): string | undefined => { const item = features.find((one) => one.id === id); return item && `${item.collection}/${item.id}`; };
    const [first, second] = [key(alert.scenes.before), key(alert.scenes.after)];
    if (!first || !second) return put(told, h("p", { class: "note" }, t("alert.nopictures", { before: alert.scenes.before, after: alert.scenes.after })));
    go("archive", { item: first, second });
  } catch (error) {
    put(told, trouble(error));
  }
}
