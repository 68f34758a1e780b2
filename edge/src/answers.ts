/** The headers of what is served, and the bare answers to everything else. */

import type { Range } from "./ranges";

const YEAR_SECONDS = 31_536_000;

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Content-Length, Content-Range, ETag",
};

/** No body, no reason, no CORS: nothing tells a wrong link from an expired one. */
export function refusal(status: 403 | 404): Response {
  return new Response(null, { status, headers: { "Cache-Control": "no-store" } });
}

export function unsatisfiable(size: number): Response {
  return new Response(null, { status: 416, headers: { "Cache-Control": "no-store", "Content-Range": `bytes */${size}` } });
}

export function preflight(): Response {
  const headers = {
    ...CORS,
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match",
    "Access-Control-Max-Age": "86400",
  };
  return new Response(null, { status: 204, headers });
}

export function notModified(key: string, etag: string): Response {
  return new Response(null, { status: 304, headers: headersOf(key, etag) });
}

export function whole(key: string, etag: string, size: number, body: ReadableStream | null): Response {
  const headers = headersOf(key, etag);
  headers.set("Content-Length", String(size));
  return new Response(body, { headers });
}

export function part(key: string, etag: string, size: number, range: Range, body: ReadableStream | null): Response {
  const headers = headersOf(key, etag);
  headers.set("Content-Length", String(range.last - range.first + 1));
  headers.set("Content-Range", `bytes ${range.first}-${range.last}/${size}`);
  return new Response(body, { status: 206, headers });
}

function headersOf(key: string, etag: string): Headers {
  return new Headers({
    ...CORS,
    "Accept-Ranges": "bytes",
    "Cache-Control": `public, max-age=${YEAR_SECONDS}, immutable`,
    "Content-Type": contentType(key.slice(key.lastIndexOf("/") + 1)),
    ETag: etag,
    "X-Content-Type-Options": "nosniff",
  });
}

/** By name alone, so that what an uploader declared never reaches a browser. */
export function contentType(file: string): string {
  if (file.endsWith(".m3u8")) {
    return "application/vnd.apple.mpegurl";
  }
  if (file.endsWith(".mp4")) {
    return file.startsWith("a") ? "audio/mp4" : "video/mp4";
  }
  if (file.endsWith(".jpg")) {
    return "image/jpeg";
  }
  return file.endsWith(".webp") ? "image/webp" : "application/octet-stream";
}
