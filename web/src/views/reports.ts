import { get, send } from "../lib/api.ts";
import { h, put, type Child } from "../lib/dom.ts";
import { framed } from "../lib/frame.ts";
import { answered } from "../lib/job.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { both } from "../lib/when.ts";
import { code, t } from "../lib/words.ts";
import type { Context, Shown } from "./views.ts";

interface Verdict { readonly id: string; readonly verdict: string; readonly says: string; readonly satellite: string | null; readonly place: { name: string } | null; readonly time?: unknown; readonly off_nadir_deg: number | null; readonly miss_s: number | null; readonly sigma_s: number | null; readonly because: readonly string[] }
interface Report { readonly id: string; readonly title: string; readonly page: string | null; readonly changed: string; readonly simulated: boolean; readonly files: readonly { name: string; bytes: number; href: string }[]; readonly verdicts: readonly Verdict[] }
type Room = "claims" | "design";
const WORDS = { claims: { note: "claims.note", reports: "claims.reports", none: "claims.none" }, design: { note: "design.note", reports: "design.reports", none: "design.none" } } as const;

/** Could that satellite have taken that picture? What was checked, with the evidence. */
export const claims = (box: HTMLElement, context: Context): Promise<Shown> => new Reports(box, context, "claims").begin();
/** What each launch buys, and when it can be launched. */
export const design = (box: HTMLElement, context: Context): Promise<Shown> => new Reports(box, context, "design").begin();

class Reports implements Shown {
  private readonly box: HTMLElement;
  private readonly context: Context;
  private readonly room: Room;
  private readonly list = h("div", {});
  private readonly one = h("section", { class: "one", "aria-live": "polite" });
  private found: readonly Report[] = [];
  private chosen = "";
  private closed = false;

  constructor(box: HTMLElement, context: Context, room: Room) {
    this.box = box;
    this.context = context;
    this.room = room;
  }

  async begin(): Promise<Shown> {
    const mayAsk = this.room === "claims" && ["planner", "admin"].includes(this.context.me.role);
    put(this.box, h("h1", {}, t(`view.${this.room}`)), h("p", { class: "note" }, t(WORDS[this.room].note)), mayAsk ? this.form() : null, this.list, this.one);
    await this.read();
    const wanted = this.context.state["report"] ?? this.found[0]?.id ?? "";
    this.open(wanted, false);
    return this;
  }

  private async read(): Promise<void> {
    this.found = (await get<{ reports: Report[] }>(`reports/${this.room}`)).reports;
    this.draw();
  }

  private draw(): void {
    const counts = (report: Report): string => [...new Set(report.verdicts.map((one) => one.verdict))].map((word) => `${code("verdict", word)}: ${report.verdicts.filter((one) => one.verdict === word).length}`).join(", ");
    put(this.list, table({ name: this.room, caption: t(WORDS[this.room].reports), rows: this.found, empty: t(WORDS[this.room].none), columns: [
      { key: "report", head: t("reports.report"), value: (one) => one.id, show: (one) => h("button", { type: "button", class: "link", "aria-pressed": String(one.id === this.chosen), onclick: () => this.open(one.id) }, one.title) },
      ...(this.room === "claims" ? [{ key: "verdicts", head: t("claims.verdicts"), value: counts }] : []),
      { key: "changed", head: t("reports.made"), value: (one: Report) => one.changed, show: (one: Report) => both(one.changed, false) },
      { key: "real", head: t("order.real"), value: (one: Report) => (one.simulated ? t("shell.simulated") : t("reports.computed")) },
    ] }));
  }

  private open(id: string, asked = true): void {
    const report = this.found.find((one) => one.id === id);
    if (!report) return put(this.one);
    this.chosen = id;
    if (asked) keep({ report: id });
    this.draw();
    put(this.one, h("h2", {}, report.title), report.simulated ? h("p", { class: "truth simulated" }, t("shell.simulated")) : h("p", { class: "note" }, t("reports.computed.note")),
      report.verdicts.length ? verdicts(report) : null,
      report.page ? framed(report.page, report.title, true) : null,
      h("h3", {}, t("archive.download")), h("ul", { class: "files" }, report.files.map((file) => h("li", {}, h("a", { href: file.href, download: file.name.split("/").pop()! }, file.name), " ", h("small", {}, size(file.bytes))))));
  }

  /** A claim as somebody made it, in the words of a claim file. */
  private form(): HTMLElement {
    const name = h("input", { id: "claim-name", required: true, pattern: "[a-z0-9][a-z0-9\\-]{0,62}", autocomplete: "off", placeholder: "guam-2023" });
    const form = h("select", { id: "claim-form" }, ["toml", "json", "csv"].map((one) => h("option", { value: one }, one.toUpperCase())));
    const text = h("textarea", { id: "claim-text", rows: 12, required: true, spellcheck: "false" });
    text.value = EXAMPLE;
    const sets = h("textarea", { id: "claim-sets", rows: 3, spellcheck: "false" });
    const told = h("div", { role: "status" });
    const ask = async (event: Event): Promise<void> => {
      event.preventDefault();
      put(told, h("p", { class: "wait" }, t("shell.loading")));
      try {
        const job = await send<{ id: number }>("reports/claims", { name: name.value, form: form.value, text: text.value, elements: sets.value });
        if (!await answered(job.id, told, () => this.closed)) return;
        put(told, h("p", { class: "fine" }, t("claims.done")));
        await this.read();
        this.open(name.value);
      } catch (error) {
        put(told, trouble(error));
      }
    };
    return h("details", { class: "panel" }, h("summary", {}, t("claims.check")), h("form", { onsubmit: ask }, h("p", { class: "note" }, t("claims.check.note")),
      h("div", { class: "fields" }, h("div", {}, h("label", { for: "claim-name" }, t("claims.name")), name), h("div", {}, h("label", { for: "claim-form" }, t("claims.form")), form)),
      h("label", { for: "claim-text" }, t("claims.text")), text, h("label", { for: "claim-sets" }, t("claims.sets")), sets, h("button", { type: "submit", class: "main" }, t("claims.ask")), told));
  }

  close(): void {
    this.closed = true;
  }
}

function verdicts(report: Report): Child {
  const digits = (value: number | null | undefined, count: number): string => (typeof value === "number" ? value.toFixed(count) : "–");
  return table({ name: `verdicts-${report.id}`, caption: t("claims.verdicts"), rows: report.verdicts, columns: [
    { key: "claim", head: t("claims.claim"), value: (one) => one.id }, { key: "verdict", head: t("claims.verdict"), value: (one) => one.verdict, show: (one) => h("strong", { class: `verdict-${one.verdict.split(" ")[0]}` }, code("verdict", one.verdict)) },
    { key: "satellite", head: t("col.satellite"), value: (one) => one.satellite }, { key: "place", head: t("watch.place"), value: (one) => one.place?.name },
    { key: "off_nadir_deg", head: t("col.offnadir"), number: true, value: (one) => one.off_nadir_deg, show: (one) => digits(one.off_nadir_deg, 1) }, { key: "miss_s", head: t("claims.miss"), number: true, value: (one) => one.miss_s, show: (one) => digits(one.miss_s, 1) },
    { key: "sigma_s", head: t("claims.sigma"), number: true, value: (one) => one.sigma_s, show: (one) => digits(one.sigma_s, 1) }, { key: "says", head: t("col.because"), value: (one) => one.says },
  ] });
}

const size = (bytes: number): string => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** A claim of which the answer is known: examples/claims/sentinel2-2024.toml. */
const EXAMPLE = `title = "A tile of Sentinel-2B with its published time"

[satellite]
name = "Sentinel-2B"
norad_id = 42063
tle = """
1 42063U 17013A   24221.79496673  .00000436  00000-0  18286-3 0  9990
2 42063  98.5669 295.3085 0001170  93.4749 266.6567 14.30812904387780
"""

[[claims]]
id = "25MCS"
who = "who said it"
place = { name = "tile 25MCS", lon_deg = -34.3379, lat_deg = -3.4464 }
time = "2024-08-09T12:43:01.522Z"
sources = ["where it was said, when"]
`;
