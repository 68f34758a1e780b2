/**
 * The check of a media link, on the path exactly as it was sent:
 *
 *     /{asset uuid, 36}/{time of issue, 10 digits}-{mac, 43}/{file}
 *
 * The rules of the production zone (README.md) do the same by string arithmetic. Both pass the vectors of
 * tests/contract/media_links.json, so a change here is a change there.
 */

export const TTL_SECONDS = 21_600;

/** What a normaliser would read in another way than we do; no path of ours holds any of it. */
const BLOCKED = ["..", "%", "//", "\\", "/."];
const LINK = /^\/(?<asset>[0-9a-f-]{36})\/(?<issued>\d{10})-(?<mac>[A-Za-z0-9_-]{43})\/(?<file>.*)$/s;
/** R2 refuses keys above 1024 bytes with an error; no file of ours comes near. */
const FILE = /^[a-z0-9][a-z0-9_.-]{0,199}$/;

/** 403: no link of ours, or an expired one. 404: a valid link to what can't exist. Else the object's key. */
export type Verdict = { status: 403 | 404 } | { status: 200; key: string };

/** The path as the client sent it. `new URL` would resolve dot segments and turn backslashes. */
export function rawPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  return start < 0 ? "" : (url.slice(start).split(/[?#]/, 1)[0] ?? "");
}

/** `keys`: one or two keys, comma between; `now`: Unix seconds. */
export async function checkLink(path: string, keys: string, now: number): Promise<Verdict> {
  const { asset, issued, mac, file } = LINK.exec(path)?.groups ?? {};
  if (asset === undefined || issued === undefined || mac === undefined || file === undefined) {
    return { status: 403 };
  }
  if (BLOCKED.some((text) => path.includes(text)) || now >= Number(issued) + TTL_SECONDS) {
    return { status: 403 };
  }
  if (!(await isSigned(asset + issued, mac, keys))) {
    return { status: 403 };
  }
  return FILE.test(file) ? { status: 200, key: `${asset}/${file}` } : { status: 404 };
}

const encoder = new TextEncoder();
const imported = new Map<string, Promise<CryptoKey>>();

function importKey(key: string): Promise<CryptoKey> {
  let promise = imported.get(key);
  if (promise === undefined) {
    promise = crypto.subtle.importKey("raw", encoder.encode(key), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    imported.set(key, promise);
  }
  return promise;
}

async function isSigned(message: string, mac: string, keys: string): Promise<boolean> {
  const bytes = decode(mac);
  if (bytes === undefined) {
    return false;
  }
  for (const key of keys.split(",").map((text) => text.trim())) {
    // `verify` compares in constant time.
    if (key !== "" && (await crypto.subtle.verify("HMAC", await importKey(key), bytes, encoder.encode(message)))) {
      return true;
    }
  }
  return false;
}

/** The 32 bytes, or undefined when the text is not their one spelling: the last character has two spare bits. */
function decode(mac: string): Uint8Array | undefined {
  const padded = `${mac.replaceAll("-", "+").replaceAll("_", "/")}=`;
  const binary = atob(padded);
  return btoa(binary) === padded ? Uint8Array.from(binary, (character) => character.charCodeAt(0)) : undefined;
}
