import type { ProblemBody } from "./types";

const OFFLINE = "Backbeat can't be reached. Check your connection, then try again.";
const BROKEN = "Backbeat could not answer just now. Try again in a moment.";

/** What went wrong, in words for people. `status` 0: no answer came at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly errors: ProblemBody["errors"] = [],
    /** Seconds the server asks us to wait, when it said so. */
    readonly retryAfter: number | null = null,
    /** Where the subscription that is in the way is managed. */
    readonly manageUrl: string | null = null,
  ) {
    super(detail);
  }

  /** Sentences by the name of the form's field they are about. */
  get byField(): Record<string, string> {
    return Object.fromEntries(this.errors.map(({ pointer, detail }) => [pointer.replace(/^\//, ""), detail]));
  }

  get isMissing(): boolean {
    return this.status === 404;
  }

  /** The same request may well work later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export function noAnswer(): Problem {
  return new Problem(0, "NO_ANSWER", OFFLINE);
}

export async function problemFrom(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? seconds : null;
  try {
    const { code, detail, errors, manage_url = null } = (await response.json()) as ProblemBody;
    return new Problem(response.status, code, detail || BROKEN, errors, wait, manage_url);
  } catch {
    return new Problem(response.status, "INTERNAL", BROKEN, [], wait);
  }
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(500, "INTERNAL", BROKEN);
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
