/**
 * The edge on a developer's machine: one port with the media and, where the local R2 has it, the S3 interface. The
 * simulator's own front door is not used, because it normalises paths before a Worker sees them and hands out every
 * object of every bucket to anyone.
 */

import { rawPath } from "./links";
import edge, { type Env } from "./worker";

const S3 = "/cdn-cgi/local/r2/s3";

interface LocalEnv extends Env {
  SIMULATOR: Fetcher;
}

export default {
  fetch(request, env, context) {
    const path = rawPath(request.url);
    const isS3 = (path === S3 || path.startsWith(`${S3}/`)) && !/\.\.|%2e|\\/i.test(path);
    return isS3 ? env.SIMULATOR.fetch(request) : edge.fetch(request, env, context);
  },
} satisfies ExportedHandler<LocalEnv>;
