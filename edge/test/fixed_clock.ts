/** The Worker with the clock of the vectors, and the bare check, for paths that no HTTP parser lets through. */

import { checkLink } from "../src/links";
import { type Env, serve } from "../src/worker";

interface TestEnv extends Env {
  NOW: number;
}

export default {
  async fetch(request, env, context) {
    if (request.method === "POST" && request.headers.has("X-Check")) {
      const verdict = await checkLink(await request.text(), env.LINK_KEYS, env.NOW);
      return Response.json(verdict);
    }
    return serve(request, env, context, env.NOW);
  },
} satisfies ExportedHandler<TestEnv>;
