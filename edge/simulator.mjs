/** Starts the Worker in workerd with local R2 buckets; used by serve.mjs and by the tests. */

import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";

const COMPATIBILITY_DATE = "2026-11-01";

/** Resolves to the port once it could be bound, 0 meaning any; rejects with EADDRINUSE and the like. */
export function freePort(host, port = 0) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen({ host, port, exclusive: true }, () => {
      const { port: bound } = probe.address();
      probe.close(() => resolve(bound));
    });
  });
}

async function bundle(entry) {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    format: "esm",
    target: "es2024",
    write: false,
    logLevel: "silent",
  });
  return result.outputFiles[0].text;
}

/**
 * The Worker has no binding to the masters: another, idle one holds it, so that the S3 interface knows the bucket. The
 * Worker listens on a socket of its own, because there paths arrive as they were sent; the simulator's front door, which
 * has the S3 interface, is behind it.
 */
function workers({ host, port, frontPort, script, bindings, credentials }) {
  const shared = { modules: true, compatibilityDate: COMPATIBILITY_DATE };
  return [
    {
      ...shared,
      name: "edge",
      scriptPath: "edge.mjs",
      script,
      bindings,
      r2Buckets: { MEDIA: { id: "media", s3Credentials: credentials } },
      serviceBindings: { SIMULATOR: { external: { address: `127.0.0.1:${frontPort}`, http: {} } } },
      unsafeDirectSockets: [{ host, port }],
    },
    {
      ...shared,
      name: "masters",
      scriptPath: "masters.mjs",
      script: "export default {}",
      r2Buckets: { MASTERS: { id: "masters", s3Credentials: credentials } },
    },
  ];
}

const STARTS = 5;

/**
 * Returns { miniflare, address, frontDoor }; port 0 means any. Rejects when the port is taken.
 * @param pickPort gives a port that could be bound; nobody holds it until workerd listens, so another process may be
 *   quicker, and then others are picked.
 */
export async function startEdge({ host = "127.0.0.1", port, pickPort = freePort, ...rest }) {
  for (let left = STARTS - 1; ; left -= 1) {
    const ownPort = await pickPort(host, port);
    let frontPort = ownPort;
    while (frontPort === ownPort) {
      frontPort = await pickPort("127.0.0.1");
    }
    try {
      return await startOn({ host, ownPort, frontPort, ...rest });
    } catch (error) {
      if (error.code !== "ERR_ADDRESS_IN_USE" || left === 0) {
        throw error;
      }
    }
  }
}

async function startOn({ host, ownPort, frontPort, stateDir, entry, bindings, credentials }) {
  const script = await bundle(entry);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: frontPort,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.WARN),
      resourcePersistencePath: stateDir,
      workers: workers({ host, port: ownPort, frontPort, script, bindings, credentials }),
    }),
  );
  try {
    await miniflare.ready;
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
  return { miniflare, address: `http://localhost:${ownPort}`, frontDoor: `http://localhost:${frontPort}` };
}
