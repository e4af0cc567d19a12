import { get, send } from "./api.ts";

interface Link { readonly rel: string; readonly href: string; readonly method?: string; readonly body?: Record<string, unknown> }
interface Page<F> { readonly features: readonly F[]; readonly links?: readonly Link[] }

/** The features of a question, page after page, up to `most`; `more`: there are others. */
export async function pages<F>(path: string, most: number, body?: Record<string, unknown>): Promise<{ features: F[]; more: boolean }> {
  let page = await (body ? send<Page<F>>(path, body) : get<Page<F>>(path));
  const features = [...page.features];
  for (;;) {
    const next = page.links?.find((link) => link.rel === "next");
    if (!next) return { features, more: false };
    if (features.length >= most) return { features, more: true };
    page = await (next.method === "POST" ? send<Page<F>>(next.href, { ...body, ...next.body }) : get<Page<F>>(next.href));
    features.push(...page.features);
  }
}
