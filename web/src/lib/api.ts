import { t } from "./words.ts";

/** The page lies at the root of the service, which may itself lie under a path. */
export const ROOT = new URL("./", document.baseURI);

export const address = (path: string): string => new URL(path.replace(/^\//, ""), ROOT).href;

/** What went wrong, as the service tells it (problem+json): what, and what to do. */
export class Refused extends Error {
  readonly status: number;
  readonly fix: string;
  readonly body: Record<string, unknown>;
  constructor(status: number, body: Record<string, unknown>) {
    super(String(body["detail"] ?? body["title"] ?? t("error.status", { status })));
    this.status = status;
    this.fix = String(body["fix"] ?? "");
    this.body = body;
  }
}

const token = (): string => sessionStorage.getItem("swath.token") ?? "";
export const signIn = (secret: string): void => (secret ? sessionStorage.setItem("swath.token", secret) : sessionStorage.removeItem("swath.token"));
export const headers = (): Record<string, string> => (token() ? { Authorization: `Bearer ${token()}` } : {});

export async function call(path: string, options: { method?: string; body?: unknown; signal?: AbortSignal } = {}): Promise<Response> {
  const { method = options.body === undefined ? "GET" : "POST", body, signal } = options;
  let answer: Response;
  try {
    answer = await fetch(path.startsWith("http") ? path : address(path), {
      method,
      headers: { Accept: "application/json", ...headers(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, { detail: t("error.unreachable"), fix: t("error.unreachable.fix") });
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, typeof told === "object" && told ? told : {});
  }
  return answer;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await call(path, signal ? { signal } : {})).json()) as T;
}

export async function send<T>(path: string, body: unknown, method = "POST"): Promise<T> {
  const answer = await call(path, { method, body });
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
