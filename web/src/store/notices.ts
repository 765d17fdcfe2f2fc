// Short words on what has just happened, at the corner of the screen and to screen readers.

import { signal } from "@preact/signals";
import { type Said, sayError } from "../say/problem";

export interface Notice {
  id: number;
  kind: "good" | "bad";
  text: string;
  detail: string;
}

const SHOWN_MS = { good: 4000, bad: 9000 };
const SHOWN_MAX = 4;

export const notices = signal<Notice[]>([]);
let nextId = 1;

export function tell(kind: Notice["kind"], text: string, detail = ""): void {
  const notice = { id: nextId, kind, text, detail };
  nextId += 1;
  notices.value = [...notices.value, notice].slice(-SHOWN_MAX);
  setTimeout(() => dismiss(notice.id), SHOWN_MS[kind]);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Do it, say `done` or what was the matter; the answer, or null where there was a problem. */
export async function attempt<T>(act: () => Promise<T>, done?: string | ((answer: T) => string)): Promise<T | null> {
  try {
    const answer = await act();
    if (done) tell("good", typeof done === "function" ? done(answer) : done);
    return answer;
  } catch (error) {
    const said: Said = sayError(error);
    tell("bad", said.text, said.detail);
    return null;
  }
}
