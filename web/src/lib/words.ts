/** Every text of the page comes from one catalogue, a file a language: `src/text/NAME.json`. A third language is a file. */
const FILES = import.meta.glob<Record<string, string>>("../text/*.json", { import: "default" });

export const LANGUAGES: readonly string[] = Object.keys(FILES).map((path) => path.replace(/^.*\/(.+)\.json$/, "$1"));

let words: Record<string, string> = {};
let chosen = "en";
let patterns: readonly { readonly key: string; readonly form: RegExp; readonly names: readonly string[] }[] = [];

export async function speak(language: string): Promise<void> {
  chosen = LANGUAGES.includes(language) ? language : "en";
  words = await FILES[`../text/${chosen}.json`]!();
  patterns = chosen === "en" ? [] : forms(await FILES["../text/en.json"]!());
  document.documentElement.lang = chosen;
}

/** The English sentences that programs write (`said.001` ...), as patterns; those that say most come first. */
function forms(english: Record<string, string>): typeof patterns {
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return Object.entries(english).filter(([key]) => key.startsWith("said.")).map(([key, text]) => {
    const parts = text.split(/\{(\w+)\}/);
    const form = parts.map((part, n) => (n % 2 ? "(.+?)" : plain(part))).join("");
    return { key: key.slice(5), form: new RegExp(`^${form}$`, "s"), names: parts.filter((_, n) => n % 2), weight: parts.filter((_, n) => n % 2 === 0).join("").length };
  }).sort((one, two) => two.weight - one.weight);
}

export const language = (): string => chosen;

/** What a language is called by those who speak it. */
export const native = (name: string): string => new Intl.DisplayNames([name], { type: "language" }).of(name) ?? name;

/** The text of a key, `{name}` replaced by what is given. A key that no catalogue knows is shown as it is. */
export function t(key: string, given: Record<string, string | number> = {}): string {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}

/** The text of a code that a program wrote (a status, a reason): its words where there are any, else the code itself. */
export function code(group: string, value: string): string {
  return words[`${group}.${value}`] ?? value.replaceAll("_", " ");
}

/** A sentence that a program wrote, in the reader's language where the catalogue has its like; else as it was written. */
export function said(text: string | null | undefined): string {
  const whole = text ?? "";
  for (const { key, form, names } of patterns) {
    const found = form.exec(whole);
    if (found) return t(`said.${key}`, Object.fromEntries(names.map((name, n) => [name, name === "said" ? said(found[n + 1]!) : found[n + 1]!])));
  }
  const parts = whole.split(", and ");
  return parts.length > 1 ? parts.map((part) => said(part)).join(", ") : whole;
}

/** What the browser and the reader want: an earlier choice, else the first known language. */
export function preferred(): string {
  const before = localStorage.getItem("swath.language");
  if (before && LANGUAGES.includes(before)) return before;
  return navigator.languages.map((tag) => tag.split("-")[0]!).find((tag) => LANGUAGES.includes(tag)) ?? "en";
}
