import { h } from "./dom.ts";
import { language, said, t } from "./words.ts";

export type DayState = "changed" | "no change" | "not seen";
export interface Day { readonly day: string; readonly state: DayState; readonly because: string; readonly looks: number }

/** Told apart by sign, pattern and colour, so that none of them is needed. */
const SIGNS: Record<DayState, string> = { changed: "▲", "no change": "●", "not seen": "·" };
const key = (state: DayState): string => state.replace(" ", "_");

/** A month for each month in which there are days: Monday first, a sign for each day. The table of days says the same. */
export function calendar(days: readonly Day[]): HTMLElement {
  const months = new Map<string, Day[]>();
  for (const day of days) {
    const month = day.day.slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), day]);
  }
  return h("div", {}, legend(), h("div", { class: "months" }, [...months].reverse().map(([month, inside]) => one(month, inside))));
}

function one(month: string, days: readonly Day[]): HTMLElement {
  const first = new Date(`${month}-01T00:00:00Z`);
  const name = first.toLocaleDateString(language(), { year: "numeric", month: "long", timeZone: "UTC" });
  const length = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const known = new Map(days.map((day) => [Number(day.day.slice(8, 10)), day]));
  const blanks = (first.getUTCDay() + 6) % 7;
  const cells = Array.from({ length }, (_, n) => {
    const day = known.get(n + 1);
    return h("span", { class: day ? `day ${key(day.state)}` : "day none", title: day ? `${day.day.slice(0, 10)}: ${t(`day.${key(day.state)}`)}, ${said(day.because)}` : null }, h("small", {}, n + 1), day ? SIGNS[day.state] : "");
  });
  const counts = (Object.keys(SIGNS) as DayState[]).map((state) => `${t(`day.${key(state)}`)} ${days.filter((day) => day.state === state).length}`).join(", ");
  return h("figure", { class: "month", role: "img", "aria-label": `${name}: ${counts}` },
    h("figcaption", {}, name), h("div", { class: "grid" }, Array.from({ length: blanks }, () => h("span", {})), cells));
}

function legend(): HTMLElement {
  return h("ul", { class: "legend", "aria-label": t("timeline.legend") }, (Object.keys(SIGNS) as DayState[]).map((state) => h("li", {}, h("span", { class: `day ${key(state)}`, "aria-hidden": "true" }, SIGNS[state]), " ", t(`day.${key(state)}`))));
}
