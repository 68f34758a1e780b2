/** The upload page's requests to our server: with its token, patient while it restarts, and with its own sentences. */

const PATIENCE_MS = [1_000, 3_000, 6_000];
const AWAY = "The server does not answer. Try again in a minute.";

export type State = "uploading" | "inspecting" | "unassigned" | "waiting" | "running" | "ready" | "failed";

export class Server {
  readonly #send = window.fetch.bind(window);

  constructor(
    readonly uploads: string,
    readonly token: string,
  ) {}

  /** Raises an Error with the problem's own sentence. */
  async ask(address: string, options: RequestInit = {}): Promise<Response> {
    const headers = new Headers(options.headers);
    headers.set("X-CSRFToken", this.token);
    for (let turn = 0; ; turn++) {
      const answer = await this.#send(address, { ...options, headers }).catch((error: unknown) => {
        if (options.signal?.aborted) throw error;
        return null;
      });
      if (answer?.ok) return answer;
      const wait = PATIENCE_MS[turn];
      if (wait === undefined || (answer !== null && answer.status < 500 && answer.status !== 429)) {
        throw new Error(await sentence(answer));
      }
      await pause(wait);
    }
  }

  async state(upload: string): Promise<State> {
    const answer = await this.ask(this.uploads + upload);
    return ((await answer.json()) as { state: State }).state;
  }

  async remove(upload: string): Promise<void> {
    await this.ask(`${this.uploads}s3/multipart/${upload}`, { method: "DELETE" });
  }

  /** The plugin for S3 asks its server by `fetch`, without a token and deaf to sentences: what it asks of us goes this way. */
  answerPlugin(): void {
    window.fetch = (input, options) =>
      typeof input === "string" && input.startsWith(this.uploads)
        ? this.ask(input, options)
        : this.#send(input, options);
  }
}

async function sentence(answer: Response | null): Promise<string> {
  const problem = (await answer?.json().catch(() => null)) as { detail?: string } | null | undefined;
  return problem?.detail ?? AWAY;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
