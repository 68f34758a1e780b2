import { getNext } from "../api/client";
import type { Page } from "../api/types";

/** A list with its next page behind it. */
export async function withNextPage<Row>(page: Page<Row>): Promise<Page<Row>> {
  if (!page.next) return page;
  const more = await getNext<Page<Row>>(page.next);
  return { results: [...page.results, ...more.results], next: more.next };
}
