import { h, put, type Child } from "./dom.ts";
import { t } from "./words.ts";

/** One column of a table: its heading, the plain value (for sorting and export) and, where it differs, how it is shown. */
export interface Column<R> {
  readonly key: string;
  readonly head: string;
  readonly value: (row: R) => string | number | boolean | null | undefined;
  readonly show?: (row: R) => Child;
  readonly number?: boolean;
}

export interface TableOptions<R> {
  readonly name: string;
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly empty?: string;
  readonly limit?: number;
  /** there are others that were not asked for */
  readonly more?: boolean;
}

/** A table that can be sorted by its heads and saved as CSV or JSON: the twin of every picture on this page. */
export function table<R>({ name, caption, columns, rows, empty, limit = 500, more = false }: TableOptions<R>): HTMLElement {
  let by = -1;
  let down = false;
  const body = h("tbody");
  const heads = columns.map((column, n) =>
    h("th", { scope: "col", class: column.number ? "number" : "" },
      h("button", { type: "button", class: "sort", onclick: () => sort(n) }, column.head, h("span", { class: "arrow", "aria-hidden": "true" }))));
  const draw = (): void => {
    const ordered = by < 0 ? rows : [...rows].sort((a, b) => (down ? -1 : 1) * compare(columns[by]!.value(a), columns[by]!.value(b)));
    heads.forEach((head, n) => head.setAttribute("aria-sort", n !== by ? "none" : down ? "descending" : "ascending"));
    put(body, ordered.slice(0, limit).map((row) => h("tr", {}, columns.map((column, n) =>
      h(n ? "td" : "th", { ...(n ? {} : { scope: "row" }), class: kind(column, row) }, column.show ? column.show(row) : plain(column.value(row)))))));
    if (!rows.length) put(body, h("tr", {}, h("td", { colspan: columns.length, class: "empty" }, empty ?? t("table.empty"))));
  };
  const sort = (n: number): void => {
    down = by === n && !down;
    by = n;
    draw();
  };
  draw();
  return h("section", { class: "twin", "aria-label": caption },
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
      h("table", {}, h("caption", {}, caption, " ", h("small", {}, t(more ? "table.some" : "table.rows", { count: rows.length }),
        rows.length > limit ? ` · ${t("table.first", { count: limit })}` : "")), h("thead", {}, h("tr", {}, heads)), body)),
    h("p", { class: "exports" },
      h("button", { type: "button", onclick: () => save(`${name}.csv`, "text/csv", csv(columns, rows)) }, t("export.csv")), " ",
      h("button", { type: "button", onclick: () => save(`${name}.json`, "application/json", json(columns, rows)) }, t("export.json"))));
}

/** Numbers stand to the right; what is short stays in one line, on a narrow screen too. */
function kind<R>(column: Column<R>, row: R): string {
  const short = column.number || String(column.value(row) ?? "").length <= SHORT; // 0.1 + 0.2 has 19 digits, and is not shown so
  return [column.number ? "number" : "", short ? "short" : ""].filter(Boolean).join(" ");
}

const SHORT = 20;
const plain = (value: unknown): string => (value === null || value === undefined || value === "" ? "–" : String(value));

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a ?? "").localeCompare(String(b ?? ""), "en", { numeric: true });
}

export function csv<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const cell = (value: unknown): string => {
    let text = value === null || value === undefined ? "" : String(value);
    // a spreadsheet takes these for a formula
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map((c) => cell(c.key)), ...rows.map((row) => columns.map((c) => cell(c.value(row))))].map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function json<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  return JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((c) => [c.key, c.value(row) ?? null]))), null, 1);
}

export function save(name: string, kind: string, content: string | Blob): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: kind }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
