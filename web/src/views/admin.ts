import { call, get, send } from "../lib/api.ts";
import { h, put, settled, type Child } from "../lib/dom.ts";
import { keep } from "../lib/route.ts";
import { table } from "../lib/table.ts";
import { trouble } from "../lib/trouble.ts";
import { both } from "../lib/when.ts";
import { code, t } from "../lib/words.ts";
import type { Context, Shown } from "./views.ts";

interface Person { readonly id: string; readonly role: string; readonly made: string; readonly stopped: string | null; readonly limits: Readonly<Record<string, unknown>> }
interface Token { readonly id: string; readonly person: string; readonly role: string; readonly note: string; readonly made: string; readonly expires: string; readonly revoked: string | null }
interface Feed { readonly id: string; readonly person: string; readonly note: string; readonly made: string; readonly revoked: string | null }
interface Job { readonly id: number; readonly kind: string; readonly state: string; readonly progress: number; readonly attempts: number; readonly [extra: string]: unknown }
interface Line { readonly seq: number; readonly at: string; readonly who: string; readonly kind: string; readonly subject: string; readonly what: string; readonly why: string }

const LIMITS = ["orders_per_day", "open_orders", "requests_per_s"] as const;
const ROLES = ["viewer", "customer", "planner", "admin"] as const;

/** Who may do what, what runs, and who did what. */
export async function admin(box: HTMLElement, context: Context): Promise<Shown> {
  const desk = new AdminDesk(box, context);
  await desk.draw();
  return desk;
}

class AdminDesk implements Shown {
  private readonly box: HTMLElement;
  private readonly context: Context;
  private readonly told = h("div", { role: "status" });
  private lines: Line[] = [];

  constructor(box: HTMLElement, context: Context) {
    this.box = box;
    this.context = context;
  }

  async draw(): Promise<void> {
    const part = this.context.state["part"] ?? "people";
    const parts = ["people", "tokens", "feeds", "jobs", "history"] as const;
    const inside = h("div", {});
    const choose = async (name: string): Promise<void> => {
      keep({ part: name });
      for (const one of tabs.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one.dataset["part"] === name));
      try {
        put(inside, await this.part(name));
      } catch (error) {
        put(inside, trouble(error));
      }
    };
    const tabs = h("div", { class: "choice", role: "group", "aria-label": t("view.admin") }, parts.map((name) => h("button", { type: "button", "data-part": name, onclick: () => void choose(name) }, t(`admin.${name}`))));
    put(this.box, h("h1", {}, t("view.admin")), tabs, this.told, inside);
    this.again = () => void choose(parseNow());
    await choose(part);
  }

  private again: () => void = () => undefined;

  private async part(name: string): Promise<Child[]> {
    this.lines = [];
    return name === "tokens" ? this.tokens() : name === "feeds" ? this.feeds() : name === "jobs" ? this.jobs() : name === "history" ? this.history() : this.people();
  }

  private async act(does: () => Promise<unknown>, said: string): Promise<void> {
    try {
      await does();
      put(this.told, said);
      this.again();
    } catch (error) {
      put(this.told, trouble(error));
    }
  }

  private async people(): Promise<Child[]> {
    const { people } = await get<{ people: readonly Person[] }>("admin/people");
    const id = h("input", { id: "person-id", required: true, autocomplete: "off" });
    const role = roles("person-role");
    const change = (one: Person, body: unknown): void => void this.act(() => call(`admin/people/${encodeURIComponent(one.id)}`, { method: "PATCH", body }), t("admin.done"));
    return [
      table({ name: "people", caption: t("admin.people"), rows: people, columns: [
        { key: "id", head: t("admin.person"), value: (one) => one.id },
        { key: "role", head: t("admin.role"), value: (one) => one.role, show: (one) => { const select = roles(`role-${one.id}`, one.role); select.setAttribute("aria-label", t("admin.role.of", { person: one.id })); select.addEventListener("change", () => change(one, { role: select.value })); return select; } },
        { key: "limits", head: t("admin.limits"), value: (one) => (Object.keys(one.limits).length ? JSON.stringify(one.limits) : t("admin.limits.usual")), show: (one) => this.limits(one, (limits) => change(one, { limits })) },
        { key: "made", head: t("admin.since"), value: (one) => one.made, show: (one) => both(one.made, false) },
        { key: "stopped", head: t("admin.stopped"), value: (one) => one.stopped ?? "", show: (one) => (one.stopped ? both(one.stopped, false) : "–") },
        { key: "act", head: t("admin.act"), value: () => "", show: (one) => h("button", { type: "button", "aria-label": `${one.stopped ? t("admin.letin") : t("admin.stop")}: ${one.id}`, onclick: () => change(one, { stopped: !one.stopped }) }, one.stopped ? t("admin.letin") : t("admin.stop")) },
      ] }),
      h("form", { class: "fields", onsubmit: (event: Event) => { event.preventDefault(); void this.act(() => send("admin/people", { id: id.value, role: role.value }), t("admin.added", { person: id.value })); } },
        h("div", {}, h("label", { for: "person-id" }, t("admin.person.new")), id), h("div", {}, h("label", { for: "person-role" }, t("admin.role")), role), h("button", { type: "submit", class: "main" }, t("admin.add"))),
    ];
  }

  /** What one person may ask for; empty fields are the usual. */
  private limits(one: Person, save: (limits: Record<string, number>) => void): HTMLElement {
    const fields = LIMITS.map((name) => h("input", { type: "number", min: 0, step: "any", id: `${name}-${one.id}`, value: typeof one.limits[name] === "number" ? String(one.limits[name]) : "" }));
    const told = LIMITS.filter((name) => typeof one.limits[name] === "number").map((name) => `${t(`admin.limit.${name}`)} ${String(one.limits[name])}`);
    const keepIt = (event: Event): void => {
      event.preventDefault();
      save(Object.fromEntries(fields.map((field, n) => [LIMITS[n]!, field.value] as const).filter(([, value]) => value !== "").map(([name, value]) => [name, Number(value)])));
    };
    return h("details", {}, h("summary", { "aria-label": `${t("admin.limits")}: ${one.id}, ${told.join(", ") || t("admin.limits.usual")}` }, told.join(", ") || t("admin.limits.usual")),
      h("form", { onsubmit: keepIt }, LIMITS.map((name, n) => h("div", {}, h("label", { for: `${name}-${one.id}` }, t(`admin.limit.${name}`)), fields[n]!)), h("button", { type: "submit" }, t("admin.save"))));
  }

  private async feeds(): Promise<Child[]> {
    const [{ feeds }, { people }] = await Promise.all([get<{ feeds: readonly Feed[] }>("admin/feeds"), get<{ people: readonly Person[] }>("admin/people")]);
    const person = h("select", { id: "feed-person" }, people.map((one) => h("option", { value: one.id }, one.id)));
    const note = h("input", { id: "feed-note" });
    const told = h("div", { role: "status" });
    const make = async (event: Event): Promise<void> => {
      event.preventDefault();
      try {
        const made = await send<{ addresses: readonly string[] }>("admin/feeds", { person: person.value, note: note.value });
        put(told, h("p", {}, h("strong", {}, t("admin.feed.once"))), h("ul", {}, made.addresses.map((one) => h("li", {}, h("code", { class: "secret" }, one)))));
      } catch (error) {
        put(told, trouble(error));
      }
    };
    return [
      h("p", { class: "note" }, t("admin.feed.note")),
      people.length ? h("form", { class: "fields", onsubmit: make }, h("div", {}, h("label", { for: "feed-person" }, t("admin.person")), person), h("div", {}, h("label", { for: "feed-note" }, t("admin.note")), note), h("button", { type: "submit", class: "main" }, t("admin.feed.make"))) : h("p", { class: "note" }, t("admin.token.nobody")),
      told,
      table({ name: "feeds", caption: t("admin.feeds"), rows: feeds, columns: [
        { key: "id", head: t("admin.feed"), value: (one) => one.id }, { key: "person", head: t("admin.person"), value: (one) => one.person }, { key: "note", head: t("admin.note"), value: (one) => one.note }, { key: "made", head: t("admin.since"), value: (one) => one.made, show: (one) => both(one.made, false) },
        { key: "revoked", head: t("admin.revoked"), value: (one) => one.revoked ?? "", show: (one) => (one.revoked ? both(one.revoked, false) : h("button", { type: "button", "aria-label": `${t("admin.revoke")}: ${one.id}`, onclick: () => void this.act(() => call(`admin/feeds/${encodeURIComponent(one.id)}`, { method: "DELETE" }), t("admin.done")) }, t("admin.revoke"))) },
      ] }),
    ];
  }

  private async tokens(): Promise<Child[]> {
    const [{ tokens }, { people }] = await Promise.all([get<{ tokens: readonly Token[] }>("admin/tokens"), get<{ people: readonly Person[] }>("admin/people")]);
    const person = h("select", { id: "token-person" }, people.map((one) => h("option", { value: one.id }, one.id)));
    const role = roles("token-role", people[0]?.role);
    person.addEventListener("change", () => { role.value = people.find((one) => one.id === person.value)?.role ?? role.value; });
    const days = h("input", { id: "token-days", type: "number", min: 0.01, max: 3650, step: "any", value: "90", required: true });
    const note = h("input", { id: "token-note" });
    const secret = h("div", { role: "status" });
    const make = async (event: Event): Promise<void> => {
      event.preventDefault();
      try {
        const made = await send<{ token: string }>("admin/tokens", { person: person.value, role: role.value, days: Number(days.value), note: note.value });
        put(secret, h("p", {}, h("strong", {}, t("admin.token.once"))), h("p", {}, h("code", { class: "secret" }, made.token)));
      } catch (error) {
        put(secret, trouble(error));
      }
    };
    return [
      people.length ? h("form", { class: "fields", onsubmit: make }, h("div", {}, h("label", { for: "token-person" }, t("admin.person")), person), h("div", {}, h("label", { for: "token-role" }, t("admin.role")), role), h("div", {}, h("label", { for: "token-days" }, t("admin.days")), days), h("div", {}, h("label", { for: "token-note" }, t("admin.note")), note), h("button", { type: "submit", class: "main" }, t("admin.token.make"))) : h("p", { class: "note" }, t("admin.token.nobody")),
      secret,
      table({ name: "tokens", caption: t("admin.tokens"), rows: tokens, columns: [
        { key: "id", head: t("admin.token"), value: (one) => one.id }, { key: "person", head: t("admin.person"), value: (one) => one.person }, { key: "role", head: t("admin.role"), value: (one) => one.role, show: (one) => t(`role.${one.role}`) }, { key: "note", head: t("admin.note"), value: (one) => one.note },
        { key: "expires", head: t("admin.expires"), value: (one) => one.expires, show: (one) => both(one.expires, false) },
        { key: "revoked", head: t("admin.revoked"), value: (one) => one.revoked ?? "", show: (one) => (one.revoked ? both(one.revoked, false) : h("button", { type: "button", "aria-label": `${t("admin.revoke")}: ${one.id}`, onclick: () => void this.act(() => call(`admin/tokens/${encodeURIComponent(one.id)}`, { method: "DELETE" }), t("admin.done")) }, t("admin.revoke"))) },
      ] }),
    ];
  }

  private async jobs(): Promise<Child[]> {
    const { jobs, counts } = await get<{ jobs: readonly Job[]; counts: Readonly<Record<string, number>> }>("admin/jobs?limit=200");
    return [
      h("p", {}, Object.entries(counts).map(([state, count]) => `${code("job", state)}: ${count}`).join(" · ")),
      table({ name: "jobs", caption: t("admin.jobs"), rows: jobs, columns: [
        { key: "id", head: t("admin.job"), number: true, value: (one) => one.id }, { key: "kind", head: t("col.what"), value: (one) => one.kind },
        { key: "state", head: t("order.status"), value: (one) => one.state, show: (one) => code("job", one.state) },
        { key: "progress", head: t("admin.progress"), number: true, value: (one) => one.progress, show: (one) => `${Math.round(100 * one.progress)} %` },
        { key: "attempts", head: t("admin.attempts"), number: true, value: (one) => one.attempts },
        { key: "because", head: t("col.because"), value: (one) => String(one["because"] ?? one["error"] ?? "") },
        { key: "act", head: t("admin.act"), value: () => "", show: (one) => (one.state === "dead" ? h("button", { type: "button", "aria-label": `${t("admin.retry")}: ${one.id}`, onclick: () => void this.act(() => call(`admin/jobs/${one.id}/retry`, { method: "POST" }), t("admin.done")) }, t("admin.retry")) : one.state === "queued" ? h("button", { type: "button", "aria-label": `${t("admin.cancel")}: ${one.id}`, onclick: () => void this.act(() => call(`admin/jobs/${one.id}/cancel`, { method: "POST" }), t("admin.done")) }, t("admin.cancel")) : null) },
      ] }),
    ];
  }

  private async history(): Promise<Child[]> {
    const last = this.lines[this.lines.length - 1];
    const { history } = await get<{ history: readonly Line[] }>(`admin/history?limit=200${last ? `&before=${last.seq}` : ""}`);
    this.lines = [...this.lines, ...history];
    const room = h("div", {});
    const more = h("button", { type: "button", onclick: () => void this.history().then((next) => put(room.parentElement!, next)) }, t("admin.earlier"));
    put(room, table({ name: "history", caption: t("admin.history"), rows: this.lines, limit: 2000, columns: [
      { key: "seq", head: "#", number: true, value: (one) => one.seq }, { key: "at", head: t("col.time"), value: (one) => one.at, show: (one) => both(one.at) }, { key: "who", head: t("admin.who"), value: (one) => one.who },
      { key: "kind", head: t("admin.kind"), value: (one) => one.kind }, { key: "subject", head: t("admin.subject"), value: (one) => one.subject }, { key: "what", head: t("col.what"), value: (one) => one.what }, { key: "why", head: t("admin.why"), value: (one) => one.why },
    ] }), history.length === 200 ? more : null);
    return [room];
  }

  news(news: { kind: string }): void {
    if (news.kind === "job" && parseNow() === "jobs") this.later();
  }

  private readonly later = settled(() => this.again(), 1000);
}

const parseNow = (): string => new URLSearchParams(location.hash.split("?")[1] ?? "").get("part") ?? "people";

const roles = (id: string, chosen = "viewer"): HTMLSelectElement => h("select", { id }, ROLES.map((role) => h("option", { value: role, selected: role === chosen }, t(`role.${role}`))));
