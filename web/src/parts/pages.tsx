// A list that comes in pages: the first when asked for, the next behind it, and a button for it.

import { useState } from "preact/hooks";
import { say } from "../say/language";
import { sayError } from "../say/problem";

interface Page<T> {
  items: readonly T[];
  next?: string | null;
}

export interface Pages<T> {
  rows: T[];
  next: string | null; // Cursor of the page after those.
  problem: string; // What was in the way the last time.
  load: (cursor?: string | null) => Promise<void>; // Without a cursor from the beginning.
}

/** The pages that `fetch` gets, one after the other. */
export function usePages<T>(fetch: (cursor: string | null) => Promise<Page<T>>): Pages<T> {
  const [rows, setRows] = useState<T[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const load = async (cursor: string | null = null) => {
    try {
      const page = await fetch(cursor);
      setRows((before) => (cursor ? [...before, ...page.items] : [...page.items]));
      setNext(page.next ?? null);
      setProblem("");
    } catch (error) {
      setProblem(sayError(error).text);
    }
  };
  return { rows, next, problem, load };
}

export function More<T>({ pages: { next, load } }: { pages: Pages<T> }) {
  return next ? <p class="more"><button type="button" class="quiet" onClick={() => void load(next)}>{say("act.more")}</button></p> : null;
}
