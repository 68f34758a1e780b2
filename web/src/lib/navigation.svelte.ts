/** Where the page is. Links are plain <a href>; clicks on our own addresses change the page without loading one. */
import { tick } from "svelte";
import { isSamePage, routeOf, type Route } from "./routes";

class Navigation {
  route = $state<Route>(routeOf(location.pathname, location.search));
  #entry = 0;
  #scrolls = new Map<number, number>();

  start(): void {
    history.scrollRestoration = "manual";
    history.replaceState({ entry: 0 }, "");
    addEventListener("popstate", (event) =>
      this.#return((event.state as { entry?: number } | null)?.entry ?? 0),
    );
    document.addEventListener("click", (event) => this.#click(event));
  }

  go(address: string, { replace = false } = {}): void {
    this.#scrolls.set(this.#entry, scrollY);
    if (!replace) this.#entry += 1;
    history[replace ? "replaceState" : "pushState"]({ entry: this.#entry }, "", address);
    void this.#show(0);
  }

  #return(entry: number): void {
    this.#scrolls.set(this.#entry, scrollY);
    this.#entry = entry;
    void this.#show(this.#scrolls.get(entry) ?? 0);
  }

  async #show(top: number): Promise<void> {
    const before = this.route;
    this.route = routeOf(location.pathname, location.search);
    if (isSamePage(before, this.route)) return;
    await tick();
    scrollTo(0, top);
    // Who reads by ear or moves by keyboard starts at the new page's head, not at the link that is gone.
    const first = document.querySelector<HTMLElement>("main [data-first]");
    (first ?? document.querySelector<HTMLElement>("main h1"))?.focus({ preventScroll: true });
  }

  #click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (routeOf(link.pathname).name === "missing") return;
    // A place on this page, like the one that "Skip to the content" leads to, is the browser's to find.
    if (link.hash && link.pathname + link.search === location.pathname + location.search) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const navigation = new Navigation();
