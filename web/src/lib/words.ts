/** Every text of the page comes from one catalogue, a file a language: `src/text/NAME.json`. A third language is a file. */
const FILES = import.meta.glob<Record<string, string>>("../text/*.json", { import: "default" });

export const LANGUAGES: readonly string[] = Object.keys(FILES).map((path) => path.replace(/^.*\/(.+)\.json$/, "$1"));

let words: Record<string, string> = {};
let chosen = "en";

export async function speak(language: string): Promise<void> {
  chosen = LANGUAGES.includes(language) ? language : "en";
  words = await FILES[`../text/${chosen}.json`]!();
  document.documentElement.lang = chosen;
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

/** What the browser and the reader want: an earlier choice, else the first known language. */
export function preferred(): string {
  const before = localStorage.getItem("swath.language");
  if (before && LANGUAGES.includes(before)) return before;
  return navigator.languages.map((tag) => tag.split("-")[0]!).find((tag) => LANGUAGES.includes(tag)) ?? "en";
}
