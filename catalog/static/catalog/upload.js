// Sends a master straight to storage with a presigned PUT, then follows its ingest until it is ready.
(() => {
  const POLL_MS = 1000;
  const WORDS = { uploading: "Not uploaded yet.", waiting: "Waiting for a worker.", running: "Being prepared." };
  const STAGES = { download: "Downloading.", probe: "Checking.", encode: "Encoding.", upload: "Storing.", publish: "Publishing." };
  const CANCELLED = "Cancelled. Nothing was changed.";

  class Panel {
    constructor(root) {
      const find = (name) => root.querySelector(`[data-${name}]`);
      this.root = root;
      this.csrf = root.querySelector("[name=csrfmiddlewaretoken]").value;
      [this.input, this.name, this.words, this.bar, this.cancel] = ["file", "name", "words", "bar", "cancel"].map(find);
      this.sending = false;
      // Counts uploads: the poll of an older one stops when a newer one begins.
      this.turn = 0;
      this.input.addEventListener("change", () => this.input.files[0] && this.upload(this.input.files[0]));
      this.takeDrops();
      window.addEventListener("beforeunload", (event) => this.sending && event.preventDefault());
      const known = find("master");
      if (known) this.follow(known.value, this.turn).catch((error) => this.show("", error.message));
    }

    // The state colours the words; a percentage shows the bar. Only what changed is written: it is read out.
    show(state, words, percent = null) {
      this.root.dataset.state = state;
      if (this.words.textContent !== words) this.words.textContent = words;
      this.bar.hidden = percent === null;
      this.bar.firstElementChild.value = percent ?? 0;
      this.bar.lastElementChild.textContent = percent === null ? "" : `${percent} %`;
    }

    takeDrops() {
      const over = (event) => {
        event.preventDefault();
        this.root.classList.toggle("bb-over", !this.sending && this.root.contains(event.target));
      };
      // On the whole window: a file that misses the panel would replace the page, and what was typed with it.
      window.addEventListener("dragover", over);
      window.addEventListener("dragleave", () => this.root.classList.remove("bb-over"));
      window.addEventListener("drop", (event) => {
        over(event);
        this.root.classList.remove("bb-over");
        const file = event.dataTransfer.files[0];
        if (file && this.root.contains(event.target)) this.upload(file);
      });
    }

    async call(path, body) {
      const response = await fetch(`${this.root.dataset.uploads}${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
        body: body === undefined ? undefined : JSON.stringify(body),
      }).catch(() => ({ status: 0 }));
      const answer = response.json ? await response.json().catch(() => null) : null;
      if (response.ok && answer) return answer;
      const error = new Error(answer?.detail || "The server does not answer. Try again in a minute.");
      error.passing = response.status === 0 || response.status >= 500;
      throw error;
    }

    put(file, { url, headers }) {
      return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.upload.onprogress = (event) =>
          this.show("sending", "Uploading.", Math.round((event.loaded / event.total) * 100));
        request.onload = () =>
          request.status < 300
            ? resolve()
            : reject(new Error(`Storage refused the file (${request.status}). Upload it again.`));
        request.onerror = () => reject(new Error("The connection to storage broke. Upload the file again."));
        request.onabort = () => reject(new Error(CANCELLED));
        this.cancel.onclick = () => request.abort();
        request.open("PUT", url);
        for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
        request.send(file);
        this.cancel.hidden = false;
      });
    }

    async follow(master, turn) {
      for (;;) {
        // A server that is away for a moment is asked again.
        const job = await this.call(master).catch((error) => {
          if (!error.passing) throw error;
          return null;
        });
        if (turn !== this.turn) return;
        if (job) {
          this.name.textContent = job.filename;
          if (job.state === "ready") return this.show("ready", [this.root.dataset.done, job.message].filter(Boolean).join(" "));
          if (job.state === "cancelled") return this.show("failed", "Cancelled by an editor. Nothing was changed.");
          if (job.state === "failed") return this.show("failed", job.message);
          const words = job.state === "running" ? STAGES[job.stage] : WORDS[job.state];
          this.show(job.state, [words, job.message].filter(Boolean).join(" "), job.progress);
        }
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }

    async upload(file) {
      if (this.sending) return;
      const turn = ++this.turn;
      this.setSending(true);
      this.name.textContent = file.name;
      this.show("sending", "Uploading.", 0);
      try {
        const start = await this.call("start", {
          [this.root.dataset.kind]: Number(this.root.dataset.id),
          filename: file.name,
          size: file.size,
          content_type: file.type || "application/octet-stream",
        });
        await this.put(file, start);
        this.cancel.hidden = true;
        await this.call(`${start.master}/complete`, {});
        // It is on the server now: the page may be left, and another file may follow.
        this.setSending(false);
        await this.follow(start.master, turn);
      } catch (error) {
        this.show(error.message === CANCELLED ? "" : "failed", error.message);
      } finally {
        this.setSending(false);
      }
    }

    setSending(sending) {
      this.sending = sending;
      this.input.disabled = sending;
      this.cancel.hidden = true;
      if (!sending) this.input.value = "";
    }
  }

  document.querySelectorAll("[data-upload]").forEach((root) => new Panel(root));
})();
