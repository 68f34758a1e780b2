/** The admin's upload page: many files, in parts, from here to storage; then their tags are waited for. */

import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import "@uppy/core/css/style.min.css";
import Dashboard from "@uppy/dashboard";
import "@uppy/dashboard/css/style.min.css";

import { pause, Server } from "./server";

const POLL_MS = 1_000;
const TYPES = [
  "audio/*",
  "video/*",
  ".wav",
  ".flac",
  ".aif",
  ".aiff",
  ".m4a",
  ".caf",
  ".opus",
  ".ogg",
  ".mov",
  ".mkv",
];

type Meta = { label: number; size: number };

function start(root: HTMLElement): void {
  const drop = root.querySelector<HTMLElement>("[data-drop]");
  const label = root.querySelector<HTMLSelectElement>("[data-label]");
  const said = root.querySelector<HTMLElement>("[data-said]");
  const token = root.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");
  if (!drop || !label || !said || !token) return;
  const server = new Server(root.dataset["uploads"] ?? "", token.value);
  server.answerPlugin();
  keepThemeAway(drop);
  const uppy = build(root, drop, server.uploads, () => Number(label.value));
  followTheme(uppy);
  const edited = watchForms();
  let inspecting = 0;
  uppy.on("upload-success", (_file, response) => {
    inspecting++;
    said.textContent = "Reading the tags.";
    void inspected(server, String(response.body?.["key"]))
      .catch((error: Error) => (said.textContent = error.message))
      .finally(() => {
        inspecting--;
        if (inspecting === 0 && !isSending(uppy)) show(said, edited());
      });
  });
  uppy.on(
    "upload-error",
    (file, error) => (said.textContent = `${file?.name ?? "A file"}: ${error.message}`),
  );
  uppy.on("cancel-all", () => (said.textContent = "Cancelled. What was under way is removed from storage."));
  window.addEventListener("beforeunload", (event) => isSending(uppy) && event.preventDefault());
  removeButtons(server);
}

function build(
  root: HTMLElement,
  drop: HTMLElement,
  uploads: string,
  label: () => number,
): Uppy<Meta, Record<string, string>> {
  return new Uppy<Meta, Record<string, string>>({
    autoProceed: true,
    restrictions: { maxFileSize: Number(root.dataset["maxBytes"]), minFileSize: 1, allowedFileTypes: TYPES },
    onBeforeFileAdded: (file) => {
      Object.assign(file.meta, { label: label(), size: file.data?.size ?? 0 });
      return file;
    },
  })
    .use(Dashboard, {
      target: drop,
      inline: true,
      width: "100%",
      height: 260,
      theme: theme(),
      hidePauseResumeButton: true,
      proudlyDisplayPoweredByUppy: false,
      disableThumbnailGenerator: true,
      fileManagerSelectionType: "both",
      locale: {
        strings: { dropPasteBoth: "Drop files or folders here, or %{browseFiles} or %{browseFolders}" },
      },
    })
    .use(AwsS3, {
      companionEndpoint: uploads.replace(/\/$/, ""),
      shouldUseMultipart: true,
      getChunkSize: () => Number(root.dataset["partBytes"]),
      allowedMetaFields: ["label", "size"],
      limit: 4,
    });
}

function theme(): "dark" | "light" {
  return document.documentElement.classList.contains("dark") ? "dark" : "light";
}

/** The admin's switch changes a class of the page, at its start and by a click. */
function followTheme(uppy: Uppy<Meta, Record<string, string>>): void {
  new MutationObserver(() => uppy.getPlugin("Dashboard")?.setOptions({ theme: theme() })).observe(
    document.documentElement,
    { attributes: true, attributeFilter: ["class"] },
  );
}

/** The theme looks for a text field beside every file input, and fails where the widget has none. It leaves marked ones alone. */
function keepThemeAway(drop: HTMLElement): void {
  new MutationObserver(() => {
    for (const input of drop.querySelectorAll("input")) Object.assign(input, { hasChangeListener: true });
  }).observe(drop, { childList: true, subtree: true });
}

function isSending(uppy: Uppy<Meta, Record<string, string>>): boolean {
  return uppy
    .getFiles()
    .some((file) => file.progress.uploadStarted && !file.progress.uploadComplete && !file.error);
}

async function inspected(server: Server, upload: string): Promise<void> {
  while ((await server.state(upload)) === "inspecting") await pause(POLL_MS);
}

/** Whether a form of the page was touched: then it is not taken away from under the hands. */
function watchForms(): () => boolean {
  let touched = false;
  for (const form of document.querySelectorAll("[data-files]")) {
    form.addEventListener("input", () => (touched = true));
    form.addEventListener("submit", () => (touched = false));
  }
  return () => touched;
}

function show(said: HTMLElement, edited: boolean): void {
  if (!edited) return window.location.assign(window.location.pathname);
  const link = document.createElement("a");
  link.href = window.location.pathname;
  link.textContent = "Reload the page to see them";
  said.replaceChildren("The new files are ready. Create what you are working on first. ", link);
}

function removeButtons(server: Server): void {
  for (const row of document.querySelectorAll<HTMLElement>("[data-file]")) {
    row.querySelector<HTMLButtonElement>("[data-remove]")?.addEventListener("click", async (event) => {
      const button = event.currentTarget as HTMLButtonElement;
      button.disabled = true;
      try {
        await server.remove(row.dataset["file"] ?? "");
        removeRow(row);
      } catch (error) {
        button.disabled = false;
        button.insertAdjacentText("afterend", ` ${(error as Error).message}`);
      }
    });
  }
}

function removeRow(row: HTMLElement): void {
  const form = row.closest("form");
  row.remove();
  if (form && !form.querySelector("[data-file]")) form.remove();
}

for (const root of document.querySelectorAll<HTMLElement>("[data-uploader]")) start(root);
