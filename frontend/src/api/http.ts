import { API_BASE } from "./endpoints";
import type { Problem } from "./types";

/** An answer other than 2xx, or none at all (`status` 0): the server's own sentence where it gave one. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;

  constructor(detail: string, status: number, code: string, requestId: string | null) {
    super(detail);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "detail" in body && "code" in body;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) return new ApiError(body.detail, response.status, body.code, body.request_id);
  const sentence = `The server answered ${response.status} ${response.statusText}`.trim();
  return new ApiError(`${sentence}.`, response.status, "http_error", null);
}

async function send<Answer>(path: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(API_BASE + path, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError("The server does not answer.", 0, "unreachable", null);
  }
  if (!response.ok) throw await errorOf(response);
  // The schema is the server's own, generated into schema.gen.ts; the socket, which is open for days, is checked.
  return (await response.json()) as Answer;
}

export function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return send<Answer>(path, signal ? { signal } : {});
}

export function postJson<Answer>(path: string, body: unknown): Promise<Answer> {
  return send<Answer>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
