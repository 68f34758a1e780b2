/** A form that is being sent: its state, and what was wrong, by field or as a whole. */
import { SignInDismissed } from "../api/client";
import { asProblem, type Problem } from "../api/problems";

export class Sending {
  isBusy = $state(false);
  trouble = $state<string | null>(null);
  fields = $state<Record<string, string>>({});
  /** The refusal itself, for who makes more of it than its sentence. */
  problem = $state.raw<Problem | null>(null);

  /** `names` are the form's fields; what is wrong elsewhere is said at the top. True when it worked. */
  async run(send: () => Promise<unknown>, names: readonly string[] = []): Promise<boolean> {
    this.isBusy = true;
    this.trouble = null;
    this.fields = {};
    this.problem = null;
    try {
      await send();
      return true;
    } catch (error) {
      if (error instanceof SignInDismissed) return false;
      const problem = asProblem(error);
      this.problem = problem;
      this.fields = problem.byField;
      this.trouble = Object.keys(this.fields).some((name) => names.includes(name)) ? null : problem.message;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
