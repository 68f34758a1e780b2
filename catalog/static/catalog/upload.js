// Sends a master straight to storage with a presigned PUT, then follows its ingest until it is playable.
(() => {
  const POLL_MS = 1000;
  const WORDS = {
    uploading: "Not uploaded yet",
    waiting: "Waiting for a worker",
    running: "Being prepared",
    ready: "Ready",
    failed: "Failed",
  };

  const setUp = (panel) => {
    const find = (name) => panel.querySelector(`[data-${name}]`);
    const csrf = panel.querySelector("[name=csrfmiddlewaretoken]").value;
    const [status, bar, cancel, input] = ["status", "bar", "cancel", "file"].map(find);

    const say = (text, percent = null) => {
      status.textContent = text;
      bar.hidden = percent === null;
      bar.value = percent ?? 0;
    };

    const call = async (path, body) => {
      const response = await fetch(`/admin/uploads/${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.detail || "The server refused.");
      return answer;
    };

    const put = (file, { url, headers }) =>
      new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.upload.onprogress = (event) =>
          say(`Uploading ${file.name}`, Math.round((event.loaded / event.total) * 100));
        request.onload = () =>
          request.status < 300 ? resolve() : reject(new Error(`Storage answered ${request.status}. Try again.`));
        request.onerror = () => reject(new Error("The connection to storage broke. Try again."));
        request.onabort = () => reject(new Error("Cancelled. Nothing was changed."));
        cancel.onclick = () => request.abort();
        request.open("PUT", url);
        for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
        request.send(file);
      });

    const follow = async (master) => {
      const job = await call(master);
      const text = `${job.filename}: ${WORDS[job.state]}${job.message ? `. ${job.message}` : ""}`;
      const moving = job.state === "waiting" || job.state === "running";
      say(text, moving ? job.progress : null);
      panel.dataset.state = job.state;
      if (moving) setTimeout(() => follow(master).catch((error) => say(error.message)), POLL_MS);
    };

    const upload = async (file) => {
      input.disabled = true;
      cancel.hidden = false;
      try {
        say(`Uploading ${file.name}`, 0);
        const start = await call("start", {
          [panel.dataset.kind]: Number(panel.dataset.id),
          filename: file.name,
          size: file.size,
          content_type: file.type || "application/octet-stream",
        });
        await put(file, start);
        cancel.hidden = true;
        await call(`${start.master}/complete`, {});
        await follow(start.master);
      } catch (error) {
        say(error.message);
      } finally {
        input.disabled = false;
        cancel.hidden = true;
        input.value = "";
      }
    };

    input.addEventListener("change", () => input.files[0] && upload(input.files[0]));
    panel.addEventListener("dragover", (event) => event.preventDefault());
    panel.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) upload(event.dataTransfer.files[0]);
    });
    const known = find("master");
    if (known) follow(known.value).catch(() => {});
  };

  document.querySelectorAll("[data-upload]").forEach(setUp);
})();
