/**
 * The media edge: checks the link, then serves from the cache or from R2. All links of an asset share one cache entry,
 * because its address there has no token.
 */

import { notModified, part, preflight, refusal, unsatisfiable, whole } from "./answers";
import { checkLink, rawPath } from "./links";
import { isNotModified, rangeFor, readRange } from "./ranges";

export interface Env {
  MEDIA: R2Bucket;
  /** One or two keys, the current one first, comma between. */
  LINK_KEYS: string;
}

/** A larger file is always read from R2 by range: storing it whole would cost more than the few readers save. */
const CACHED_BYTES = 32 * 1024 * 1024;

const filling = new Set<string>();

/** `now`: Unix seconds. */
export async function serve(request: Request, env: Env, context: ExecutionContext, now: number): Promise<Response> {
  const verdict = await checkLink(rawPath(request.url), env.LINK_KEYS, now);
  if (verdict.status !== 200) {
    return refusal(verdict.status);
  }
  if (request.method === "OPTIONS") {
    return preflight();
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refusal(403);
  }
  const address = `${new URL(request.url).origin}/${verdict.key}`;
  return (await fromCache(request, address)) ?? fromBucket(request, env.MEDIA, verdict.key, address, context);
}

async function fromCache(request: Request, address: string): Promise<Response | undefined> {
  if (request.method === "HEAD") {
    const hit = await caches.default.match(address);
    await hit?.body?.cancel();
    return hit && new Response(null, hit);
  }
  const headers = new Headers();
  const etags = request.headers.get("If-None-Match");
  if (etags !== null) {
    headers.set("If-None-Match", etags);
  }
  const range = request.headers.get("Range");
  // Several ranges are answered with the whole, from the cache as from the bucket.
  const oneRange = range !== null && !range.includes(",");
  if (oneRange) {
    headers.set("Range", range);
  }
  const hit = await caches.default.match(new Request(address, { headers }));
  if (hit?.status === 206 && rangeFor(request.headers, hit.headers.get("ETag") ?? "") === null) {
    await hit.body?.cancel();
    return caches.default.match(address);
  }
  // The bucket decides about a range that the cache could not cut: it may be unsatisfiable, or no range at all.
  return hit !== undefined && [oneRange ? 206 : 200, 304].includes(hit.status) ? hit : undefined;
}

async function fromBucket(
  request: Request,
  bucket: R2Bucket,
  key: string,
  address: string,
  context: ExecutionContext,
): Promise<Response> {
  const found = await bucket.head(key);
  if (found === null) {
    return refusal(404);
  }
  const { httpEtag: etag, size } = found;
  if (isNotModified(request.headers.get("If-None-Match"), etag)) {
    return notModified(key, etag);
  }
  if (request.method === "HEAD") {
    return whole(key, etag, size, null);
  }
  // R2 would answer a range that it can't satisfy with the whole object, so it is read here.
  const range = readRange(rangeFor(request.headers, etag), size);
  if (range === "unsatisfiable") {
    return unsatisfiable(size);
  }
  if (size <= CACHED_BYTES) {
    context.waitUntil(fill(bucket, key, address));
  }
  const wanted = range === "whole" ? {} : { range: { offset: range.first, length: range.last - range.first + 1 } };
  const object = await bucket.get(key, wanted);
  if (object === null) {
    return refusal(404);
  }
  return range === "whole" ? whole(key, etag, size, object.body) : part(key, etag, size, range, object.body);
}

/** The Cache API stores whole answers only and cuts ranges from them itself. */
async function fill(bucket: R2Bucket, key: string, address: string): Promise<void> {
  if (filling.has(address)) {
    return;
  }
  filling.add(address);
  try {
    const object = await bucket.get(key);
    if (object !== null) {
      await caches.default.put(address, whole(key, object.httpEtag, object.size, object.body));
    }
  } finally {
    filling.delete(address);
  }
}

export default {
  fetch(request, env, context) {
    return serve(request, env, context, Math.floor(Date.now() / 1000));
  },
} satisfies ExportedHandler<Env>;
