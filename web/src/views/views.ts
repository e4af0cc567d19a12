import type { News } from "../lib/news.ts";
import type { State } from "../lib/route.ts";

export interface Satellite { readonly id: string; readonly name: string; readonly epoch?: string; readonly sensor?: string }
export interface Station { readonly id: string; readonly lon_deg: number; readonly lat_deg: number; readonly altitude_m: number }
export interface Mission {
  readonly name: string;
  readonly title: string;
  readonly start: string;
  readonly stop: string;
  readonly simulated: boolean;
  readonly notice: string;
  readonly satellites: readonly Satellite[];
  readonly stations: readonly Station[];
}
export type Role = "viewer" | "customer" | "planner" | "admin";
export interface Me { readonly person: string; readonly role: Role; readonly loopback: boolean; readonly time: string; readonly rehearsal: boolean }

/** What a view is given. */
export interface Context {
  readonly mission: Mission;
  readonly me: Me;
  readonly state: State;
  readonly dark: () => boolean;
  /** tells people who hear the page */
  readonly say: (text: string) => void;
}

/** A view that is on the screen. */
export interface Shown {
  paint?(dark: boolean): void | Promise<void>;
  news?(news: News): void;
  close?(): void;
}

export type Draw = (box: HTMLElement, context: Context, early: (element: HTMLElement) => void) => Promise<Shown>;

export interface View { readonly id: string; readonly role?: readonly Role[]; readonly load: () => Promise<Draw> }

/** The views, in the order of the menu. */
export const VIEWS: readonly View[] = [
  { id: "now", load: async () => (await import("./now.ts")).now },
  { id: "plan", role: ["planner", "admin"], load: async () => (await import("./plan.ts")).plan },
  { id: "order", load: async () => (await import("./order.ts")).order },
  { id: "watch", load: async () => (await import("./watch.ts")).watch },
  { id: "archive", load: async () => (await import("./archive.ts")).archive },
  { id: "fields", load: async () => (await import("./products.ts")).fields },
  { id: "floods", load: async () => (await import("./products.ts")).floods },
  { id: "claims", load: async () => (await import("./reports.ts")).claims },
  { id: "design", load: async () => (await import("./reports.ts")).design },
  { id: "admin", role: ["admin"], load: async () => (await import("./admin.ts")).admin },
];
