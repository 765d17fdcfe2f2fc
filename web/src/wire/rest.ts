// Requests to the venue: JSON both ways, problems as one kind of error.

import type { Problem } from "./types";

/** What went wrong with a request: the venue's own words, or that it could not be reached. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.reason || problem.detail);
  }

  get code(): string { return this.problem.code; }
}

/** Codes of our own, for what the venue could not say itself. */
export const UNREACHABLE = "UNREACHABLE";
export const UNREADABLE = "UNREADABLE";

let signedOut = () => {};

/** Hear when the venue says that there is no session (any more). */
export function onSignedOut(act: () => void): void {
  signedOut = act;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  account?: string; // Acted for, where it is not the one signed in as.
  signal?: AbortSignal;
}

export const get = <T>(path: string, options: Options = {}): Promise<T> => ask<T>("GET", path, options);
export const post = <T>(path: string, body: unknown, options: Options = {}): Promise<T> => ask<T>("POST", path, { body, ...options });
export const put = <T>(path: string, body: unknown, options: Options = {}): Promise<T> => ask<T>("PUT", path, { body, ...options });
export const patch = <T>(path: string, body: unknown, options: Options = {}): Promise<T> => ask<T>("PATCH", path, { body, ...options });
export const remove = <T>(path: string, options: Options = {}): Promise<T> => ask<T>("DELETE", path, options);

/** The text of an answer that is no JSON, as a file to keep. */
export async function download(path: string, options: Options & { accept: string }): Promise<Blob> {
  const response = await send("GET", path, options, options.accept);
  if (!response.ok) throw await problemOf(response);
  return response.blob();
}

async function ask<T>(method: string, path: string, options: Options): Promise<T> {
  const response = await send(method, path, options, "application/json");
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ProblemError(own(response.status, UNREADABLE));
  }
}

async function send(method: string, path: string, options: Options, accept: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (options.account) headers["Emporion-Account"] = encodeURIComponent(options.account);
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  try {
    return await fetch(path + search(options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(own(0, UNREACHABLE));
  }
}

function search(query: Query | undefined): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") parts.set(name, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : "";
}

async function problemOf(response: Response): Promise<ProblemError> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (body.code === "NOT_SIGNED_IN") signedOut();
    if (typeof body.code === "string") return new ProblemError({ ...own(response.status, body.code), ...body });
  } catch {
    // A proxy's page, perhaps; its status has to do.
  }
  return new ProblemError(own(response.status, UNREADABLE));
}

function own(status: number, code: string): Problem {
  return { status, code, title: "", reason: "", detail: "" };
}
