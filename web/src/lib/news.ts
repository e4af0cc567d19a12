import { address } from "./api.ts";

/** Something happened at the service: an order, an alert, a plan ... as its history tells it. */
export interface News {
  readonly seq: number;
  readonly at: string;
  readonly who: string;
  readonly kind: string;
  readonly subject: string;
  readonly what: string;
  readonly why: string;
}

const KINDS = ["order", "alert", "plan", "scene", "product", "delivery", "job", "place"];

/** Tells of everything from now on, by server-sent events; the browser takes up the thread again after a break. */
export function listen(tell: (news: News) => void): () => void {
  const source = new EventSource(address("events"), { withCredentials: true });
  const heard = (event: MessageEvent<string>): void => tell(JSON.parse(event.data) as News);
  for (const kind of KINDS) source.addEventListener(kind, heard);
  return () => source.close();
}
