/** All state that a person would want to share is in the address, behind `#`: the view, then its parameters. */
export type State = Readonly<Record<string, string>>;
export interface Route {
  readonly view: string;
  readonly state: State;
}

export function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { view: path, state: Object.fromEntries(new URLSearchParams(query)) };
}

export function write(view: string, state: Record<string, string | number | null | undefined>): string {
  const kept = Object.entries(state).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}

/** Changes parameters of the present view without a new entry in the history, and without drawing the view again. */
export function keep(changes: Record<string, string | number | null | undefined>): void {
  const { view, state } = parse(location.hash);
  history.replaceState(null, "", write(view, { ...state, ...changes }));
}

/** Goes to a view, as a link would. */
export function go(view: string, state: Record<string, string | number | null | undefined> = {}): void {
  location.hash = write(view, state);
}
