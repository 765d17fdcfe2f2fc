// What went wrong, in the reader's language: by its code, with the venue's own detail behind it.

import { ProblemError } from "../wire/rest";
import type { Problem } from "../wire/types";
import { sayOf } from "./language";

export interface Said {
  text: string; // For everybody.
  detail: string; // The venue's words, which name the numbers; may be empty.
  field: string | null;
}

export function sayProblem(problem: Pick<Problem, "code" | "reason" | "detail" | "field">): Said {
  const text = sayOf("problem", problem.code, problem.reason || problem.detail || problem.code);
  const detail = problem.detail && problem.detail !== text ? problem.detail : "";
  return { text, detail, field: problem.field ?? null };
}

/** Of anything thrown; what is no problem of the venue is our fault and goes on up. */
export function sayError(error: unknown): Said {
  if (error instanceof ProblemError) return sayProblem(error.problem);
  throw error;
}
