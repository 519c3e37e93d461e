import { signIn } from "#tests/factories.ts";
import type { TestWeb } from "./setup.ts";

/** The words of a page: without its head, tags and the marks that React puts between texts. */
export function wordsOf(html: string): string {
  return html
    .replace(/^[\s\S]*<main/, "<main")
    .replace(/<\/main>[\s\S]*$/, "")
    .replaceAll(/<!--.*?-->/g, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/g, " ");
}

type Form = Record<string, string> | [string, string][];

/** Pages asked for and forms sent without scripts, as somebody or nobody. */
export function browse(web: () => TestWeb) {
  async function read(response: Response) {
    const html = await response.text();
    return {
      status: response.status,
      location: response.headers.get("location"),
      html,
      words: wordsOf(html),
      headers: response.headers,
    };
  }
  return {
    cookieOf: async (user: { id: string } | null) =>
      user ? (await signIn(web().db, user.id)).cookie : undefined,
    visit: async (path: string, cookie?: string) => read(await web().fetch(path, { cookie })),
    post: async (
      path: string,
      cookie: string | undefined,
      form: Form,
      headers: Record<string, string> = {},
    ) => read(await web().fetch(path, { cookie, form, headers })),
  };
}
