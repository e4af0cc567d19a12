import { h, put, s } from "../lib/dom.ts";
import { iso, utc, local } from "../lib/when.ts";
import { t } from "../lib/words.ts";

/** Something that happens on a lane. */
export interface Bar { readonly id: string; readonly kind: string; readonly from: number; readonly to: number; readonly label: string; readonly movable: boolean }
export interface Curve {
  readonly id: string; readonly name: string; readonly kind: string; readonly values: readonly number[]; readonly step_ms: number;
  readonly most: number; readonly least: number | null; readonly unit: string; readonly digits: number; readonly scale: number;
}
export interface Lane {
  readonly id: string; readonly name: string; readonly kind: string; readonly bars: readonly Bar[];
  readonly back: readonly { readonly kind: string; readonly from: number; readonly to: number }[]; readonly curves: readonly Curve[];
}
export interface TimelineOptions {
  readonly label: string; readonly start: number; readonly stop: number; readonly from: number; readonly to: number;
  readonly lanes: readonly Lane[]; readonly open: readonly string[]; readonly chosen: string;
  pick(bar: Bar): void;
  window(from: number, to: number): void;
  opened(ids: readonly string[]): void;
  dragging(bar: Bar, lane: string, at: number): void;
  dropped(bar: Bar, lane: string, at: number): void;
}

const LEAST_MS = 60_000;

/**
 * A day on lanes, by the rules of the ARIA treegrid: up and down between rows, right opens a row or goes to its next item, left goes back
 * or closes it, Home and End to the first and last item, Enter shows why, + and - zoom, PageUp and PageDown move the window.
 */
export class Timeline {
  readonly element: HTMLElement;
  private lanes: readonly Lane[];
  private from: number;
  private to: number;
  private readonly open: Set<string>;
  private chosen: string;
  private readonly grid = h("div", { class: "lanes", role: "treegrid" });
  private readonly options: TimelineOptions;
  private readonly shown = h("p", { class: "shown" });
  private drag: { bar: Bar; element: HTMLElement; x: number; moved: boolean; lane: string; at: number } | undefined;
  private focusOn = "";

  constructor(options: TimelineOptions) {
    this.options = options;
    this.lanes = options.lanes;
    this.from = Math.max(options.start, Math.min(options.from, options.stop - LEAST_MS));
    this.to = Math.min(options.stop, Math.max(options.to, this.from + LEAST_MS));
    this.open = new Set(options.open);
    this.chosen = options.chosen;
    this.grid.setAttribute("aria-label", options.label);
    const act = (name: string, sign: string, does: () => void): HTMLElement => h("button", { type: "button", "aria-label": t(name), title: t(name), onclick: does }, sign);
    this.element = h("div", { class: "timeline" },
      h("div", { class: "controls" }, act("timeline.in", "+", () => this.zoom(0.5)), act("timeline.out", "−", () => this.zoom(2)), act("timeline.earlier", "◀", () => this.pan(-0.5)), act("timeline.later", "▶", () => this.pan(0.5)),
        h("button", { type: "button", onclick: () => this.see(options.start, options.stop) }, t("timeline.all")), this.shown),
      h("p", { class: "note" }, t("timeline.keys")), this.legend(), this.grid);
    this.grid.addEventListener("keydown", (event) => this.key(event));
    this.grid.addEventListener("focusin", (event) => { this.focusOn = (event.target as HTMLElement).dataset["focus"] ?? this.focusOn; });
    this.draw(options.lanes);
  }

  private legend(): HTMLElement {
    return h("ul", { class: "legend", "aria-label": t("timeline.legend") }, (["picture", "picture locked", "contact", "pass", "eclipse"] as const).map((kind) => h("li", {}, h("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), t(`timeline.kind.${kind.replace(" ", ".")}`))));
  }

  private x(at: number): number {
    return (100 * (at - this.from)) / (this.to - this.from);
  }

  draw(lanes: readonly Lane[]): void {
    this.lanes = lanes;
    put(this.shown, `${utc(this.from, false)} – ${utc(this.to, false)} `, h("small", {}, `${local(this.from, false)} – ${local(this.to, false)}`));
    const rows: HTMLElement[] = [this.axis()];
    for (const lane of lanes) {
      rows.push(this.row(lane));
      if (this.open.has(lane.id)) for (const curve of lane.curves) rows.push(this.curve(curve));
    }
    const had = this.grid.contains(document.activeElement);
    put(this.grid, rows);
    const targets = this.targets();
    const wanted = targets.find((one) => one.dataset["focus"] === this.focusOn) ?? targets.find((one) => one.dataset["focus"] === this.chosen) ?? targets[0];
    for (const one of targets) one.tabIndex = one === wanted ? 0 : -1;
    if (had) wanted?.focus();
  }

  private axis(): HTMLElement {
    const span = this.to - this.from;
    const step = [60e3, 300e3, 600e3, 1800e3, 3600e3, 7200e3, 10800e3, 21600e3, 86400e3].find((one) => span / one <= 9) ?? 86400e3 * Math.ceil(span / 86400e3 / 9);
    const marks: HTMLElement[] = [];
    for (let at = Math.ceil(this.from / step) * step; at < this.to; at += step) {
      const mark = h("span", { class: "tick" }, iso(at).slice(11, 16), h("small", {}, new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })));
      mark.style.left = `${this.x(at)}%`;
      if (this.x(at) < 96) marks.push(mark);
    }
    return h("div", { role: "row", class: "row axis" }, h("div", { role: "columnheader", class: "head" }, t("timeline.axis"), h("small", {}, t("timeline.axis.local"))), h("div", { role: "columnheader", class: "lane", "aria-label": t("timeline.axis.label") }, marks));
  }

  private row(lane: Lane): HTMLElement {
    const open = this.open.has(lane.id);
    const expands = lane.curves.length > 0;
    const back = lane.back.filter((one) => one.to > this.from && one.from < this.to).map((one) => this.place(h("span", { class: `back ${one.kind}`, "aria-hidden": "true" }), one.from, one.to));
    const bars = lane.bars.filter((one) => one.to > this.from && one.from < this.to).sort((a, b) => a.from - b.from);
    const head = h("div", { role: "rowheader", class: "head", tabindex: "-1", "data-focus": `row:${lane.id}`, onclick: () => { if (expands) this.toggle(lane.id); } },
      expands ? h("span", { class: "twist", "aria-hidden": "true" }, open ? "▾" : "▸") : null, h("span", {}, lane.name), h("small", { "aria-label": t("timeline.count", { count: bars.length }), title: t("timeline.count", { count: bars.length }) }, bars.length));
    return h("div", { role: "row", class: `row ${lane.kind}`, "aria-level": "1", "aria-expanded": expands ? String(open) : null, "data-lane": lane.id }, head,
      h("div", { role: "gridcell", class: "lane" }, back, bars.map((one) => this.bar(one, lane))));
  }

  private place<E extends HTMLElement>(element: E, from: number, to: number): E {
    const left = Math.max(0, this.x(from));
    element.style.left = `${left}%`;
    element.style.width = `${Math.min(100, this.x(to)) - left}%`;
    return element;
  }

  private bar(bar: Bar, lane: Lane): HTMLElement {
    const element = this.place(h("button", {
      type: "button", class: `bar ${bar.kind}`, tabindex: "-1", "data-focus": bar.id, "aria-label": bar.label, title: bar.label, "aria-pressed": String(bar.id === this.chosen),
      onclick: () => { if (!this.drag?.moved) this.choose(bar.id); },
    }), bar.from, bar.to);
    if (bar.movable) this.movable(element, bar, lane);
    return element;
  }

  /** Dragging along the lane is time, onto another lane is another satellite; Escape lets go. */
  private movable(element: HTMLElement, bar: Bar, lane: Lane): void {
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.drag = { bar, element, x: event.clientX, moved: false, lane: lane.id, at: (bar.from + bar.to) / 2 };
    });
    element.addEventListener("pointermove", (event) => {
      const { drag } = this;
      if (!drag || drag.element !== element) return;
      if (!drag.moved && Math.abs(event.clientX - drag.x) < 4) return;
      drag.moved = true;
      element.classList.add("dragged");
      const room = element.parentElement!.getBoundingClientRect();
      drag.at = Math.max(this.options.start, Math.min(this.options.stop, (bar.from + bar.to) / 2 + ((event.clientX - drag.x) / room.width) * (this.to - this.from)));
      const under = [...this.grid.querySelectorAll<HTMLElement>(".row.satellite")].find((row) => { const box = row.getBoundingClientRect(); return event.clientY >= box.top && event.clientY < box.bottom; });
      drag.lane = under?.dataset["lane"] ?? drag.lane;
      const down = under ? under.getBoundingClientRect().top - element.closest(".row")!.getBoundingClientRect().top : 0;
      element.style.transform = `translate(${((drag.at - (bar.from + bar.to) / 2) / (this.to - this.from)) * room.width}px, ${down}px)`;
      this.options.dragging(bar, drag.lane, drag.at);
    });
    const end = (dropped: boolean): void => {
      const { drag } = this;
      if (!drag || drag.element !== element) return;
      if (dropped && drag.moved) this.options.dropped(bar, drag.lane, drag.at);
      else this.back();
      setTimeout(() => { this.drag = undefined; }, 0);
    };
    element.addEventListener("pointerup", () => end(true));
    element.addEventListener("pointercancel", () => end(false));
  }

  /** The dragged bar goes back to where it was. */
  back(): void {
    for (const one of this.grid.querySelectorAll<HTMLElement>(".dragged")) {
      one.classList.remove("dragged", "can", "cannot");
      one.style.transform = "";
    }
  }

  /** How the move that is tried would do. */
  verdict(possible: boolean): void {
    for (const one of this.grid.querySelectorAll<HTMLElement>(".dragged")) {
      one.classList.toggle("can", possible);
      one.classList.toggle("cannot", !possible);
    }
  }

  private curve(curve: Curve): HTMLElement {
    const first = Math.max(0, Math.floor((this.from - this.options.start) / curve.step_ms));
    const last = Math.min(curve.values.length - 1, Math.ceil((this.to - this.options.start) / curve.step_ms));
    const seen = curve.values.slice(first, last + 1);
    const y = (value: number): number => 40 - (38 * value) / curve.most;
    const points = seen.map((value, n) => `${(10 * this.x(this.options.start + (first + n) * curve.step_ms)).toFixed(1)},${y(value).toFixed(1)}`);
    const told = (value: number): string => (value * curve.scale).toFixed(curve.digits);
    const label = t("timeline.curve", { name: curve.name, least: told(Math.min(...seen)), most: told(Math.max(...seen)), unit: curve.unit, limit: told(curve.most) });
    return h("div", { role: "row", class: "row curve", "aria-level": "2" }, h("div", { role: "rowheader", class: "head", tabindex: "-1", "data-focus": `row:${curve.id}` }, h("span", {}, curve.name), h("small", {}, `${told(Math.min(...seen))}–${told(Math.max(...seen))} ${curve.unit}`)),
      h("div", { role: "gridcell", class: "lane" }, s("svg", { viewBox: "0 0 1000 42", preserveAspectRatio: "none", role: "img", "aria-label": label, class: curve.kind },
        s("line", { x1: 0, x2: 1000, y1: y(curve.most), y2: y(curve.most), class: "limit" }), curve.least === null ? null : s("line", { x1: 0, x2: 1000, y1: y(curve.least), y2: y(curve.least), class: "limit" }),
        s("polyline", { points: points.join(" "), class: "level", "vector-effect": "non-scaling-stroke" }))));
  }

  /** Marks an item and shows it, wherever it is. */
  choose(id: string): void {
    const bar = this.lanes.flatMap((lane) => lane.bars).find((one) => one.id === id);
    if (!bar) return;
    this.chosen = id;
    this.focusOn = id;
    if (bar.from < this.from || bar.to > this.to) {
      const half = (this.to - this.from) / 2;
      this.see((bar.from + bar.to) / 2 - half, (bar.from + bar.to) / 2 + half);
    } else this.draw(this.lanes);
    this.options.pick(bar);
  }

  private see(from: number, to: number): void {
    const length = Math.max(LEAST_MS, Math.min(to - from, this.options.stop - this.options.start));
    this.from = Math.max(this.options.start, Math.min(from, this.options.stop - length));
    this.to = this.from + length;
    this.draw(this.lanes);
    this.options.window(this.from, this.to);
  }

  private zoom(factor: number): void {
    const bar = this.lanes.flatMap((lane) => lane.bars).find((one) => one.id === this.focusOn || (!this.focusOn && one.id === this.chosen));
    const middle = bar && bar.from >= this.from && bar.to <= this.to ? (bar.from + bar.to) / 2 : (this.from + this.to) / 2;
    const half = ((this.to - this.from) * factor) / 2;
    this.see(middle - half, middle + half);
  }

  private pan(share: number): void {
    const shift = (this.to - this.from) * share;
    this.see(this.from + shift, this.to + shift);
  }

  private toggle(id: string): void {
    if (!this.open.delete(id)) this.open.add(id);
    this.focusOn = `row:${id}`;
    this.draw(this.lanes);
    this.options.opened([...this.open]);
  }

  private targets(): HTMLElement[] {
    return [...this.grid.querySelectorAll<HTMLElement>("[data-focus]")];
  }

  private key(event: KeyboardEvent): void {
    const here = event.target as HTMLElement;
    const row = here.closest<HTMLElement>(".row");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...this.grid.querySelectorAll<HTMLElement>(".row:not(.axis)")];
    const items = [...row.querySelectorAll<HTMLElement>("[data-focus]")];
    const place = items.indexOf(here);
    const lane = row.dataset["lane"] ?? "";
    const expands = row.hasAttribute("aria-expanded");
    const open = row.getAttribute("aria-expanded") === "true";
    const does: Record<string, () => void> = {
      ArrowDown: () => this.focus(rows[rows.indexOf(row) + 1], here),
      ArrowUp: () => this.focus(rows[rows.indexOf(row) - 1], here),
      ArrowRight: () => (place === 0 && expands && !open ? this.toggle(lane) : this.on(items[place + 1])),
      ArrowLeft: () => (place > 0 ? this.on(items[place - 1]) : expands && open ? this.toggle(lane) : undefined),
      Home: () => this.on(items[0]), End: () => this.on(items[items.length - 1]),
      PageDown: () => this.pan(0.5), PageUp: () => this.pan(-0.5), "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
      Escape: () => this.back(),
    };
    if (here.getAttribute("role") === "rowheader") for (const name of ["Enter", " "]) does[name] = () => { if (expands) this.toggle(lane); };
    const doing = does[event.key];
    if (!doing) return;
    event.preventDefault();
    doing();
  }

  /** In another row: the item nearest in time, or its head when on a head. */
  private focus(row: HTMLElement | undefined, from: HTMLElement): void {
    if (!row) return;
    const items = [...row.querySelectorAll<HTMLElement>("[data-focus]")];
    if (from.getAttribute("role") === "rowheader" || items.length < 2) return this.on(items[0]);
    const left = parseFloat(from.style.left);
    this.on(items.slice(1).reduce((best, one) => (Math.abs(parseFloat(one.style.left) - left) < Math.abs(parseFloat(best.style.left) - left) ? one : best)));
  }

  private on(target: HTMLElement | undefined): void {
    if (!target) return;
    for (const one of this.targets()) one.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }

  close(): void {
    this.drag = undefined;
  }
}
