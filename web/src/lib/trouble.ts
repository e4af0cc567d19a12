import { Refused } from "./api.ts";
import { h } from "./dom.ts";
import { t } from "./words.ts";

/** What went wrong and what to do, for people. */
export function trouble(error: unknown): HTMLElement {
  const what = error instanceof Error ? error.message : String(error);
  return h("div", { class: "trouble", role: "alert" }, h("p", {}, h("strong", {}, t("error.title")), " ", what),
    error instanceof Refused && error.fix ? h("p", {}, error.fix) : null);
}
