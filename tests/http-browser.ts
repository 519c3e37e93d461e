/** A browser without a screen: it keeps cookies, sends forms as pages do, and follows nothing by itself. */
export type HttpBrowser = ReturnType<typeof openHttpBrowser>;

type Sent = { headers?: Record<string, string>; method?: string };

/** A new browser on the site at `url`. `userAgent` is how it names itself. */
export function openHttpBrowser(url: string, { userAgent = "tests" }: { userAgent?: string } = {}) {
  const cookies = new Map<string, string>();

  async function send(target: string, init: RequestInit) {
    const headers = new Headers(init.headers);
    headers.set("user-agent", userAgent);
    if (cookies.size > 0) headers.set("cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
    const response = await fetch(new URL(target, url), { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (/;\s*max-age=0/i.test(line)) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return {
      status: response.status,
      headers: response.headers,
      location: response.headers.get("location"),
      text: await response.text(),
    };
  }

  return {
    cookies,
    get: (target: string, { headers, method = "GET" }: Sent = {}) => send(target, { method, headers }),
    /** A form's post; `headers` can name another origin. */
    post: (target: string, form: Record<string, string>, { headers }: Sent = {}) =>
      send(target, {
        method: "POST",
        headers: { origin: new URL(url).origin, ...headers },
        body: new URLSearchParams(form),
      }),
  };
}

/** The text of a letter with its transfer encoding undone. */
export function letterText(raw: string): string {
  return raw
    .replaceAll(/=\r?\n/g, "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The code to sign in that a letter carries. */
export const codeIn = (letter: string) => /^\s{4}(\d{6})\s*$/m.exec(letterText(letter))?.[1];

/** The link of a letter: its path and query, without the code behind the `#`. */
export function linkIn(letter: string): string | undefined {
  const found = /https?:\/\/[^\s#]+/.exec(letterText(letter))?.[0];
  return found && new URL(found).pathname + new URL(found).search;
}

/** A code of six digits that is not this one. */
export const otherCode = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, "0");
