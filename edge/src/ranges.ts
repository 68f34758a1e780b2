/** Range and conditional requests, as far as players use them. */

/** Both ends included. */
export interface Range {
  first: number;
  last: number;
}

/** What a Range header asks of `size` bytes; "whole" also when it asks for several ranges or can't be read. */
export function readRange(header: string | null, size: number): Range | "whole" | "unsatisfiable" {
  const { first = "", last = "" } = /^bytes=(?<first>\d*)-(?<last>\d*)$/i.exec(header?.trim() ?? "")?.groups ?? {};
  if (first === "") {
    return last === "" ? "whole" : readSuffix(Number(last), size);
  }
  if (last !== "" && Number(last) < Number(first)) {
    return "whole";
  }
  if (Number(first) >= size) {
    return "unsatisfiable";
  }
  return { first: Number(first), last: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}

function readSuffix(length: number, size: number): Range | "unsatisfiable" {
  return length === 0 || size === 0 ? "unsatisfiable" : { first: Math.max(size - length, 0), last: size - 1 };
}

/** Whether If-None-Match names the etag; weak and strong count alike. */
export function isNotModified(header: string | null, etag: string): boolean {
  const tags = header?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return tags.includes("*") || tags.includes(etag);
}

/** The Range header, unless If-Range names another version: then the client needs the whole. */
export function rangeFor(headers: Headers, etag: string): string | null {
  const condition = headers.get("If-Range");
  return condition === null || condition === etag ? headers.get("Range") : null;
}
