/** Asking again and again for what comes by another way, as a payment does. */
import { Problem } from "../api/problems";

const FIRST_MS = 1_000;
const LONGEST_MS = 5_000;
const IN_ALL_MS = 60_000;

export interface Clock {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

const REAL: Clock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** The first answer that will do; null when there is none within a minute, or nobody waits any more. */
export async function askUntil<Answer>(
  ask: () => Promise<Answer>,
  willDo: (answer: Answer) => boolean,
  { isOver = () => false, clock = REAL }: { isOver?: () => boolean; clock?: Clock } = {},
): Promise<Answer | null> {
  const end = clock.now() + IN_ALL_MS;
  for (let pause = FIRST_MS; !isOver(); pause = Math.min(pause * 1.5, LONGEST_MS)) {
    const answer = await ask().catch(passOver);
    if (answer !== null && willDo(answer)) return answer;
    if (clock.now() + pause > end) break;
    await clock.sleep(pause);
  }
  return null;
}

/** What may work the next time is no reason to give up. */
function passOver(error: unknown): null {
  if (error instanceof Problem && error.isPassing) return null;
  throw error;
}
