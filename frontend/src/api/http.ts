import { API_BASE } from "./endpoints";
import { proof } from "./proof";
import type { Problem } from "./types";

/** An answer other than 2xx, or none at all (`status` 0): the server's own sentence where it gave one. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  /** What the server says besides, by name: how many bars there are (`have`) and have to be (`need`), for one. */
  readonly values: Readonly<Record<string, unknown>>;
  /** How long the server wants not to be asked, in milliseconds; 0 where it does not say. */
  readonly holdsOffMs: number;

  constructor(
    detail: string,
    status: number,
    code: string,
    requestId: string | null,
    values: Readonly<Record<string, unknown>> = {},
    holdsOffMs = 0,
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.values = values;
    this.holdsOffMs = holdsOffMs;
  }
}

function isProblem(body: unknown): body is Problem & { pointer?: unknown } {
  return typeof body === "object" && body !== null && "detail" in body && "code" in body;
}

/** How far the bars are that a computation needs; null for any other trouble. */
export function warmingUp(error: Error | null): { have: number; need: number } | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null;
  const { have, need } = error.values;
  return typeof have === "number" && typeof need === "number" ? { have, need } : null;
}

/** What `Retry-After` says: seconds, or a date. */
function holdOff(response: Response): number {
  const text = response.headers.get("retry-after") ?? "";
  const ms = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Math.max(0, ms || 0);
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const { status } = response;
  if (isProblem(body))
    return new ApiError(body.detail, status, body.code, body.request_id, { ...body }, holdOff(response));
  const sentence = `The server answered ${status} ${response.statusText}`.trim();
  return new ApiError(`${sentence}.`, status, "http_error", null, {}, holdOff(response));
}

const NOT_SIGNED_IN = 401;
const tellSignedOut = new Set<() => void>();

/** Has this called when the server wants to know who asks, other than in an attempt to sign in. */
export function onSignedOut(tell: () => void): void {
  tellSignedOut.add(tell);
}

function check(error: ApiError, path: string): ApiError {
  if (error.status === NOT_SIGNED_IN && path !== "/auth/token") for (const tell of tellSignedOut) tell();
  return error;
}

type Asked = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

async function answerOf(path: string, init: Asked): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(API_BASE + path, { ...init, headers: { ...init.headers, ...proof() } });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError("The server does not answer.", 0, "unreachable", null);
  }
  if (!response.ok) throw check(await errorOf(response), path);
  return response;
}

async function send<Answer>(path: string, init: Asked): Promise<Answer> {
  const response = await answerOf(path, init);
  try {
    // The schema is the server's own, generated into schema.gen.ts; the socket, which is open for days, is checked.
    const body: unknown = await response.json();
    if (typeof body !== "object" || body === null) throw new TypeError("an answer of another kind");
    return body as Answer;
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    // A proxy's page, or an answer that was cut off.
    throw new ApiError("The server's answer could not be read.", response.status, "unreadable", null);
  }
}

const ASK_AGAIN_MS = 5000;
// Whatever stands between us and the server may ask for a day of silence; nobody would see it end.
const LONGEST_MS = 600_000;
const TOO_MANY = 429;

/** In how many milliseconds the same question may be answered by itself; false where only the user can change it. */
export function askAgainIn(error: Error | null): number | false {
  if (!(error instanceof ApiError)) return false;
  const { status, code, holdsOffMs } = error;
  const passes = status === 0 || status === TOO_MANY || status >= 500 || code === "unreadable";
  return passes && Math.min(LONGEST_MS, Math.max(ASK_AGAIN_MS, holdsOffMs));
}

export function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return send<Answer>(path, signal ? { signal } : {});
}

function withBody<Answer>(method: string, path: string, body: unknown, signal?: AbortSignal) {
  const headers = { "content-type": "application/json" };
  const init = { method, headers, body: JSON.stringify(body) };
  return send<Answer>(path, signal ? { ...init, signal } : init);
}

export function postJson<Answer>(path: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
  return withBody<Answer>("POST", path, body, signal);
}

export function patchJson<Answer>(path: string, body: unknown): Promise<Answer> {
  return withBody<Answer>("PATCH", path, body);
}

/** For what answers with no body. */
export async function command(method: "DELETE" | "POST", path: string): Promise<void> {
  await answerOf(path, { method });
}

const PART_BYTES = 4_000_000;

function nameIn(response: Response): string {
  const quoted = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("content-disposition") ?? "")?.[1];
  return decodeURIComponent(quoted ?? "export");
}

/** A file of the server, with the name that it gives it. Its parts go to the browser's store as they come. */
export async function getFile(
  path: string,
  signal: AbortSignal,
  onBytes: (received: number) => void,
): Promise<{ name: string; content: Blob }> {
  const response = await answerOf(path, { signal });
  const reader = response.body?.getReader();
  const parts: Blob[] = [];
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  let received = 0;
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      waiting.push(read.value);
      held += read.value.length;
      received += read.value.length;
      onBytes(received);
      if (held < PART_BYTES) continue;
      parts.push(new Blob(waiting));
      waiting = [];
      held = 0;
    }
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiError("The file was cut off before its end.", 0, "cut_off", null);
  }
  const type = response.headers.get("content-type") ?? "application/octet-stream";
  return { name: nameIn(response), content: new Blob([...parts, ...waiting], { type }) };
}

/** Sends a file as a request's body and tells how much of it has gone; only XMLHttpRequest knows that. */
export function sendFile<Answer>(
  path: string,
  file: File,
  signal: AbortSignal,
  onBytes: (sent: number) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", API_BASE + path);
    const headers = { "content-type": "application/octet-stream", ...proof() };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onBytes(event.loaded);
    request.onload = () => {
      const status = request.status;
      const response = new Response(request.responseText, { status, statusText: request.statusText });
      if (!response.ok) errorOf(response).then((error) => reject(check(error, path)), reject);
      else response.json().then((body) => resolve(body as Answer), reject);
    };
    request.onerror = () => reject(new ApiError("The server does not answer.", 0, "unreachable", null));
    request.onabort = () => reject(signal.reason);
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}
