const letters: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
};
const plain = (html: string) => html.replaceAll(/&(amp|lt|gt|quot|#x27);/g, (name) => letters[name]!);

const attributesOf = (tag: string) =>
  Object.fromEntries(
    [...tag.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name.toLowerCase(),
      plain(value),
    ]),
  );

/** What a page tells search engines and messengers: its title, `<meta>` by name, `<link>` by relation, and JSON-LD. */
export function headOf(html: string) {
  const [head = ""] = html.split("</head>");
  const tags = (name: string) => (head.match(new RegExp(`<${name}\\b[^>]*>`, "g")) ?? []).map(attributesOf);
  const scripts = [...html.matchAll(/<script type="application\/ld\+json"[^>]*>([\s\S]*?)<\/script>/g)];
  return {
    title: plain(/<title>([\s\S]*?)<\/title>/.exec(head)?.[1] ?? ""),
    meta: Object.fromEntries(
      tags("meta")
        .filter(
          ({ name, property }) =>
            /^(og|twitter):/.test(property ?? name ?? "") || name === "description" || name === "robots",
        )
        .map(({ name, property, content = "" }) => [property ?? name, content]),
    ) as Record<string, string>,
    canonical: tags("link")
      .filter(({ rel }) => rel === "canonical")
      .map(({ href }) => href),
    feeds: tags("link")
      .filter(({ rel, type }) => rel === "alternate" && type === "application/atom+xml")
      .map(({ href }) => href),
    structured: scripts.map(([, json = ""]) => JSON.parse(json) as Record<string, unknown>),
  };
}
