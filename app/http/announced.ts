import type { Config } from "#app/config.ts";
import { announcedStream, streamInBrief } from "#app/domain/announcing/announced-stream.ts";
import { feedPath } from "#app/domain/announcing/feed.ts";
import { structuredStream } from "#app/domain/announcing/structured.ts";
import { plainLine } from "#app/domain/announcing/text.ts";
import type { WatchedStream } from "#app/domain/streams/watched.ts";

type Said = {
  /** The page's one address: without what is only of this visit. */
  path: string;
  title: string;
  /** The first one that says something. */
  description: (string | undefined)[];
  kind?: "website" | "profile" | "video.other";
  /** Of the space whose feed has what comes of this. */
  feed?: { slug: string; name: string };
  /** In schema.org's words. */
  structured?: object;
  picture?: { path: string; words: string };
  /** It is no longer shown, and only says so: nobody should find it. */
  gone?: boolean;
};

/** What a page tells search engines and messengers about itself, for `announcedMeta` and `StructuredData`. */
export function announce({ publicUrl }: Pick<Config, "publicUrl">, said: Said) {
  const { path, title, description, kind = "website", feed, structured, picture, gone = false } = said;
  return {
    url: publicUrl + path,
    title: plainLine(title),
    description: description.map((text) => plainLine(text ?? "")).find((text) => text !== "") ?? "",
    kind,
    feed: feed ? { url: publicUrl + feedPath(feed.slug), title: plainLine(feed.name) } : null,
    structured: structured ? inScript(structured) : null,
    picture: picture ? { url: publicUrl + picture.path, words: plainLine(picture.words) } : null,
    gone,
  };
}

/** The same for a stream, whoever reads its page. One that is retired has no picture and no replay, and is no event. */
export function announceStream(config: Pick<Config, "publicUrl">, watched: WatchedStream, path: string) {
  if (watched.retired) {
    const { facts, space } = watched;
    const words = `This stream of ${space.name} is no longer shown.`;
    return announce(config, { path, title: facts.title, description: [words], gone: true });
  }
  const stream = announcedStream(watched, path);
  const brief = streamInBrief(stream);
  return announce(config, {
    path,
    title: stream.title,
    description: [brief],
    kind: "video.other",
    feed: stream.space,
    structured: structuredStream(stream, config.publicUrl),
    picture: { path: stream.picture, words: `${stream.title}. ${brief}` },
  });
}

/** As JSON that nothing in it can end before its end: `</script>` and `<!--` are no such words any more. */
const inScript = (value: object) =>
  JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
