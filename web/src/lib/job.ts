import { get } from "./api.ts";
import { h, put } from "./dom.ts";
import { code, t } from "./words.ts";

/** A question that a worker answers. */
export interface Job { readonly id: number; readonly state: string; readonly progress: number; readonly told?: string; readonly because: string; readonly result: Record<string, unknown> | null }

const EVERY_MS = 700;
const PATIENCE = 12;

/** Shows how far a question is, until it is answered; rejects with what the worker says went wrong. `gone` ends the waiting. */
export async function answered(id: number, box: HTMLElement, gone: () => boolean): Promise<Job | undefined> {
  for (let asked = 0; !gone(); asked++) {
    const job = await get<Job>(`page/jobs/${id}`);
    if (job.state === "done") return job;
    if (job.state === "dead" || job.state === "cancelled") throw new Error(job.because || code("job", job.state));
    put(box, progress(job.progress, job.state === "queued" ? t("job.queued") : code("stage", job.told || "running")),
      job.state === "queued" && asked > PATIENCE ? h("p", { class: "note" }, t("job.nobody")) : null);
    await new Promise((ready) => setTimeout(ready, EVERY_MS));
  }
  return undefined;
}

/** How far something is, for eyes and ears. */
export function progress(share: number, words: string): HTMLElement {
  return h("div", { class: "progress" }, h("progress", { max: 1, value: share.toFixed(2), "aria-label": words }), h("span", {}, ` ${words}`));
}
