import { h } from "./dom.ts";
import { t } from "./words.ts";

/** A page of the service that holds all that it shows and has no scripts, with a way to see it alone. */
export function framed(address: string, title: string, tall = false): HTMLElement {
  return h("figure", { class: tall ? "framed tall" : "framed" },
    h("figcaption", {}, h("a", { href: address, target: "_blank", rel: "noopener" }, t("frame.alone"))),
    h("iframe", { src: address, title, referrerpolicy: "same-origin" }));
}
