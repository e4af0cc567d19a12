import { append, h, put } from "./lib/dom.ts";
import { Refused, get, send } from "./lib/api.ts";
import { parse, write } from "./lib/route.ts";
import { LANGUAGES, language, native, preferred, speak, t } from "./lib/words.ts";
import { trouble } from "./lib/trouble.ts";
import { listen } from "./lib/news.ts";
import { present, setClock } from "./lib/clock.ts";
import { both } from "./lib/when.ts";
import { VIEWS, type Context, type Me, type Mission, type Shown, type View } from "./views/views.ts";

/** The frame around every view: what mission this is, whether it is simulated, where one can go, language and colours. */
export async function start(page: HTMLElement): Promise<void> {
  await speak(preferred());
  paint(localStorage.getItem("swath.colors") ?? "");
  let mission: Mission;
  let me: Me;
  try {
    me = await get<Me>("me");
    setClock(me.time);
    mission = await get<Mission>("mission");
  } catch (error) {
    return error instanceof Refused && error.status === 401 ? signInPage(page) : failed(page, error);
  }
  const frame = new Frame(page, mission, me);
  window.addEventListener("hashchange", () => void frame.show());
  await frame.show();
}

const isDark = (): boolean => {
  const chosen = document.documentElement.dataset["colors"];
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

function paint(colors: string): void {
  if (colors) document.documentElement.dataset["colors"] = colors;
  else delete document.documentElement.dataset["colors"];
}

class Frame {
  private shown: Shown | undefined;
  private at = "";
  private readonly main = h("main", { id: "main", tabindex: "-1" });
  private readonly nav = h("nav", {});
  private readonly say = h("p", { class: "said", role: "status", "aria-live": "polite" });
  private readonly clock = h("span", {});
  private readonly page: HTMLElement;
  private readonly mission: Mission;
  private readonly me: Me;
  private turn = 0;

  constructor(page: HTMLElement, mission: Mission, me: Me) {
    this.page = page;
    this.mission = mission;
    this.me = me;
    this.draw();
    window.setInterval(() => this.tick(), 10_000);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.shown?.paint?.(isDark()));
    listen((news) => this.shown?.news?.(news));
  }

  private draw(): void {
    const { mission, me } = this;
    document.title = `${mission.title} · swath`;
    const languages = h("select", { "aria-label": t("shell.language"), onchange: (event: Event) => void this.speak((event.target as HTMLSelectElement).value) },
      LANGUAGES.map((name) => h("option", { value: name, selected: name === language() }, native(name))));
    put(this.page,
      h("a", { class: "skip", href: "#main", onclick: (event: Event) => { event.preventDefault(); this.main.focus(); } }, t("shell.skip")),
      h("header", {},
        h("p", { class: "name" }, h("strong", {}, "swath"), " ", h("span", {}, mission.title)),
        h("p", { class: mission.simulated ? "truth simulated" : "truth real" }, mission.simulated ? (mission.notice || t("shell.simulated")) : t("shell.real")),
        h("p", { class: me.rehearsal ? "present rehearsal" : "present", title: t("shell.clock") }, me.rehearsal ? h("strong", {}, t("shell.rehearsal"), " ") : null, this.clock),
        h("p", { class: "tools" }, h("span", { class: "who" }, `${me.person} · ${t(`role.${me.role}`)}`), languages,
          h("button", { type: "button", class: "colors", onclick: () => this.recolor() }, t("shell.colors")),
          me.loopback ? null : h("button", { type: "button", onclick: () => void signOut() }, t("shell.signout")))),
      this.nav, this.say, this.main,
      h("footer", {}, h("a", { href: "licences.txt" }, t("shell.licences"))));
    this.nav.setAttribute("aria-label", t("shell.views"));
    this.marks();
    this.tick();
  }

  private tick(): void {
    put(this.clock, both(present(), false));
  }

  private marks(): void {
    const { view } = parse(location.hash);
    put(this.nav, h("ul", {}, this.views().map((one) => h("li", {}, h("a", { href: write(one.id, {}), "aria-current": one.id === (view || "now") ? "page" : null }, t(`view.${one.id}`))))));
  }

  private views(): readonly View[] {
    return VIEWS.filter((view) => !view.role || view.role.includes(this.me.role));
  }

  private async speak(name: string): Promise<void> {
    localStorage.setItem("swath.language", name);
    await speak(name);
    this.at = "";
    this.draw();
    await this.show();
  }

  private recolor(): void {
    const next = isDark() ? "light" : "dark";
    localStorage.setItem("swath.colors", next);
    paint(next);
    void this.shown?.paint?.(isDark());
  }

  async show(): Promise<void> {
    const { view, state } = parse(location.hash);
    if (location.hash === this.at && this.shown) return;
    this.at = location.hash;
    const turn = ++this.turn;
    const chosen = this.views().find((one) => one.id === (view || "now")) ?? this.views()[0]!;
    this.marks();
    this.shown?.close?.();
    this.shown = undefined;
    this.main.className = `view ${chosen.id}`;
    this.main.setAttribute("aria-label", t(`view.${chosen.id}`));
    this.main.setAttribute("aria-busy", "true");
    put(this.main, h("p", { class: "wait" }, t("shell.loading")));
    const box = h("div", { class: "inside" });
    const context: Context = { mission: this.mission, me: this.me, state, dark: isDark, say: (text) => put(this.say, text) };
    try {
      const made = await (await chosen.load())(box, context, (element) => { if (turn === this.turn) put(this.main, element); });
      if (turn !== this.turn) return made.close?.();
      this.shown = made;
      if (!this.main.contains(box)) put(this.main, box);
    } catch (error) {
      if (turn === this.turn) put(this.main, trouble(error));
    }
    if (turn === this.turn) this.main.setAttribute("aria-busy", "false");
  }
}

function failed(page: HTMLElement, error: unknown): void {
  put(page, h("main", { class: "alone" }, h("h1", {}, "swath"), trouble(error),
    h("button", { type: "button", onclick: () => location.reload() }, t("error.again"))));
}

function signInPage(page: HTMLElement): void {
  const secret = h("input", { type: "password", id: "secret", autocomplete: "current-password", required: true });
  const told = h("div", {});
  const enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await send("sign-in", { token: secret.value });
      location.reload();
    } catch (error) {
      put(told, trouble(error));
    }
  };
  put(page, h("main", { class: "alone" }, h("h1", {}, "swath"), h("form", { onsubmit: enter },
    h("label", { for: "secret" }, t("signin.token")), secret, h("button", { type: "submit" }, t("signin.enter"))), told));
  append(page, []);
  secret.focus();
}

async function signOut(): Promise<void> {
  await send("sign-out", {});
  location.reload();
}
