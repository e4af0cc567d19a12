import { h } from "./dom.ts";
import { language } from "./words.ts";

/** Times are shown in UTC and in the reader's own time, side by side, everywhere. Inside they are milliseconds. */
export const ms = (text: string): number => Date.parse(text);
export const iso = (at: number): string => new Date(at).toISOString();

export function utc(at: number, seconds = true): string {
  const text = iso(at);
  return `${text.slice(0, 10)} ${text.slice(11, seconds ? 19 : 16)}Z`;
}

export function local(at: number, seconds = true): string {
  return new Date(at).toLocaleString(language(), {
    month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short",
    ...(seconds ? { second: "2-digit" } : {}),
  });
}

export function both(at: number | string, seconds = true): HTMLElement {
  const value = typeof at === "string" ? ms(at) : at;
  if (!Number.isFinite(value)) return h("span", {}, "–");
  return h("time", { datetime: iso(value), class: "when" }, h("span", {}, utc(value, seconds)), " ", h("small", {}, local(value, seconds)));
}

/** How long, in the largest units that matter. */
export function span(duration_ms: number): string {
  const total = Math.round(Math.abs(duration_ms) / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const text = hours ? `${hours} h ${String(minutes).padStart(2, "0")} min` : minutes ? `${minutes} min ${String(seconds).padStart(2, "0")} s` : `${seconds} s`;
  return duration_ms < 0 ? `−${text}` : text;
}
