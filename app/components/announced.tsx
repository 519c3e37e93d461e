import { usePageRequest } from "./page-request.ts";
import { pageTitle } from "./page-title.ts";

/** What a page tells search engines and messengers about itself; all addresses are whole. */
export type Announced = {
  url: string;
  title: string;
  description: string;
  kind: "website" | "profile" | "video.other";
  /** A feed of what comes here. */
  feed: { url: string; title: string } | null;
  /** JSON-LD, written so that it can stand in a script; a route's `handle.structured` gives it to the document's head. */
  structured: string | null;
  /** Of 1200 × 630 pixels; `words` say what is in it. */
  picture: { url: string; words: string } | null;
  /** It is no longer shown, and only says so: nobody should find it. */
  gone: boolean;
};

/** For a route's `meta`, as `pageTitle`, of a page that everybody may find. A failure announces nothing. */
export function announcedMeta(title: string | undefined, announced: Announced | undefined, error?: unknown) {
  const titles = pageTitle(title, error);
  if (!announced || (error !== undefined && error !== null)) return titles;
  const { url, description, kind, feed, picture, gone } = announced;
  return [
    ...titles,
    { name: "description", content: description },
    ...(gone ? [{ name: "robots", content: "noindex" }] : []),
    { tagName: "link" as const, rel: "canonical", href: url },
    ...(feed
      ? [
          {
            tagName: "link" as const,
            rel: "alternate",
            type: "application/atom+xml",
            href: feed.url,
            title: feed.title,
          },
        ]
      : []),
    { property: "og:site_name", content: "Frontrow" },
    { property: "og:type", content: kind },
    { property: "og:title", content: announced.title },
    { property: "og:description", content: description },
    { property: "og:url", content: url },
    { name: "twitter:card", content: picture ? "summary_large_image" : "summary" },
    ...(picture ? picturesOf(picture) : []),
  ];
}

const picturesOf = ({ url, words }: NonNullable<Announced["picture"]>) => [
  { property: "og:image", content: url },
  { property: "og:image:type", content: "image/png" },
  { property: "og:image:width", content: "1200" },
  { property: "og:image:height", content: "630" },
  { property: "og:image:alt", content: words },
];

/** What a page is about in schema.org's words. It is no program, but carries the nonce as whatever is a script does. */
export function StructuredData({ json }: { json: string }) {
  const { nonce } = usePageRequest();
  return (
    <script
      type="application/ld+json"
      nonce={nonce}
      suppressHydrationWarning
      dangerouslySetInnerHTML={{ __html: json }}
    />
  );
}
