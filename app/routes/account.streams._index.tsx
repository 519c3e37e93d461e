import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, Link, useLoaderData } from "@remix-run/react";
import { Bidi } from "../components/bidi.tsx";
import { Button, ButtonLink } from "../components/button.tsx";
import { EmptyList } from "../components/empty-list.tsx";
import { TextField } from "../components/field.tsx";
import { Page } from "../components/layouts.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { pageTitle } from "../components/page-title.ts";
import { Pager } from "../components/pager.tsx";
import { StreamNews } from "../components/stream-news.tsx";
import { TeamStreamBill } from "../components/team-stream-bill.tsx";
import { ZoneNote } from "../components/when.tsx";
import { listExperiencesForHost } from "../domain/experiences/experiences.ts";
import { seriesInWords } from "../domain/schedule/series-words.ts";
import { findStreamForHost, streamPath } from "../domain/streams/find.ts";
import {
  countStreams,
  listStreams,
  type ListedStream,
  type StreamList,
  streamLists,
  streamsPerPage,
} from "../domain/streams/lists.ts";
import { isAtLeast } from "../domain/teams/rights.ts";
import { readTimeZone } from "../http/cookies.ts";
import { requireTeam } from "../http/team.ts";

export const meta: MetaFunction = ({ error }) => pageTitle("Streams", error);

/** Where everything is on one page, what is over takes little room. */
const fewPast = 5;

export async function loader(args: LoaderFunctionArgs) {
  const { viewer, team, teams } = await requireTeam(args, { least: "moderator" });
  const { db, config } = args.context;
  const query = new URL(args.request.url).searchParams;
  const { userId } = viewer;
  const { spaceId } = team;
  const search = (query.get("search") ?? "").trim().slice(0, 200);
  const only = streamLists.find((list) => list === query.get("list"));
  const all = await countStreams(db, { userId, spaceId });
  const counts = search ? await countStreams(db, { userId, spaceId, search }) : all;
  const total = all.live + all.upcoming + all.past;

  const pages = only ? Math.max(1, Math.ceil(counts[only] / streamsPerPage)) : 1;
  const page = only ? Math.min(Math.max(1, Math.floor(Number(query.get("page")) || 1)), pages) : 1;
  const most = (list: StreamList) => (list === "past" && !only && !search ? fewPast : streamsPerPage);
  const lists = await Promise.all(
    streamLists
      .filter((list) => (only ? list === only : counts[list] > 0))
      .map(async (list) => ({
        list,
        count: counts[list],
        streams: (await listStreams(db, { userId, spaceId, search, list, page, most: most(list) })).map(
          (stream) => toBilled(stream, team.slug),
        ),
      })),
  );
  const mayHost = isAtLeast(team.role, "host");
  const ready = total > 0 || !mayHost || (await listExperiencesForHost(db, { userId, spaceId })).length > 0;
  return {
    lists,
    only: only ?? null,
    page,
    pages,
    total,
    search,
    mayHost,
    needsExperience: !ready,
    news: await findNews(args, { userId, origin: config.publicUrl }),
    team: { slug: team.slug, name: team.name },
    otherTeams: teams.filter(({ slug }) => slug !== team.slug).map(({ slug, name }) => ({ slug, name })),
    zone: readTimeZone(args.request, viewer.timeZone),
  };
}

const toBilled = (stream: ListedStream, space: string) => ({
  id: stream.id,
  title: stream.title,
  path: streamPath({ spaceSlug: space, experienceSlug: stream.experienceSlug, slug: stream.slug }),
  status: stream.status,
  startsAt: stream.startsAt.toISOString(),
  timeZone: stream.timeZone,
  lengthMinutes: stream.lengthMinutes,
  liveAt: stream.liveAt?.toISOString() ?? null,
  endedAt: stream.endedAt?.toISOString() ?? null,
  peakViewers: stream.peakViewers,
  experienceName: stream.experienceName,
  overdue: stream.overdue,
  series: seriesInWords(stream),
});

const done = ["scheduled", "saved", "cancelled"] as const;

/** What a form that led here did, if it is so. */
async function findNews(
  { request, context }: LoaderFunctionArgs,
  { userId, origin }: { userId: string; origin: string },
) {
  const query = new URL(request.url).searchParams;
  const what = done.find((name) => query.has(name));
  if (!what) return null;
  const stream = await findStreamForHost(context.db, { streamId: query.get(what) ?? undefined, userId });
  if (!stream || (what === "cancelled") !== (stream.status === "cancelled")) return null;
  const { id, title, timeZone } = stream;
  const url = origin + streamPath(stream);
  const series = seriesInWords(stream);
  const following = series !== null && query.has("following");
  return { what, id, title, timeZone, url, startsAt: stream.startsAt.toISOString(), series, following };
}

const headings: Record<StreamList, string> = { live: "Live", upcoming: "Upcoming", past: "Past" };

export default function Streams() {
  const page = useLoaderData<typeof loader>();
  const { lists, only, search, total, mayHost, team, otherTeams, zone, news } = page;
  const to = (more: Record<string, string>) => {
    const query = new URLSearchParams(otherTeams.length > 0 ? { space: team.slug } : {});
    if (search) query.set("search", search);
    for (const [name, value] of Object.entries(more)) query.set(name, value);
    return `/account/streams${query.size > 0 ? `?${query}` : ""}`;
  };
  const newStream = `/account/streams/new${otherTeams.length > 0 ? `?space=${team.slug}` : ""}`;
  const found = lists.some(({ streams }) => streams.length > 0);
  return (
    <Page>
      <PageHeader
        title={only ? `${headings[only]} streams` : "Streams"}
        lead={<Bidi>{team.name}</Bidi>}
        actions={
          mayHost && total > 0 ? (
            <ButtonLink kind="go" to={newStream}>
              New stream
            </ButtonLink>
          ) : undefined
        }
      />
      {otherTeams.length > 0 && (
        <nav className="small row" aria-label="Other spaces of yours">
          {otherTeams.map(({ slug, name }) => (
            <Link key={slug} to={`/account/streams?space=${slug}`}>
              <Bidi>{name}</Bidi>
            </Link>
          ))}
        </nav>
      )}
      {news && <StreamNews news={news} zone={zone} />}
      {(total > streamsPerPage || search) && (
        <Search search={search} only={only} space={otherTeams.length > 0 ? team.slug : undefined} />
      )}
      {(only || search) && (
        <p>
          <Link to={otherTeams.length > 0 ? `/account/streams?space=${team.slug}` : "/account/streams"}>
            All streams
          </Link>
        </p>
      )}
      {lists.map(({ list, count, streams }) => (
        <section key={list} className="part" aria-labelledby={`list-${list}`}>
          <h2 id={`list-${list}`} className={only ? "visually-hidden" : undefined}>
            {headings[list]}
          </h2>
          {streams.length > 0 && (
            <TeamStreamBill
              streams={streams}
              label={`${headings[list]} streams`}
              zone={zone}
              mayHost={mayHost}
            />
          )}
          {!only && count > streams.length && (
            <p>
              <Link to={to({ list })}>
                All {count} {headings[list].toLowerCase()} streams
              </Link>
            </p>
          )}
        </section>
      ))}
      {only && (
        <Pager
          page={page.page}
          pages={page.pages}
          to={(number) => to({ list: only, page: String(number) })}
          label="Pages of this list"
        />
      )}
      {found && zone && <ZoneNote zone={zone} />}
      {!found && <Nothing {...page} newStream={newStream} />}
    </Page>
  );
}

function Search({
  search,
  only,
  space,
}: {
  search: string;
  only: StreamList | null;
  space: string | undefined;
}) {
  return (
    <Form method="get" action="/account/streams" role="search" className="search">
      {space && <input type="hidden" name="space" value={space} />}
      {only && <input type="hidden" name="list" value={only} />}
      <TextField
        key={search}
        type="search"
        name="search"
        label="Search streams"
        hint="Words of a title, a description or an experience."
        defaultValue={search}
      />
      <Button>Search</Button>
    </Form>
  );
}

type NothingProps = {
  search: string;
  only: StreamList | null;
  total: number;
  mayHost: boolean;
  needsExperience: boolean;
  team: { slug: string };
  newStream: string;
};

function Nothing({ search, only, total, mayHost, needsExperience, team, newStream }: NothingProps) {
  if (search) return <EmptyList>No stream has these words. Try fewer, or other ones.</EmptyList>;
  if (only && total > 0) return <EmptyList>No stream is in this list right now.</EmptyList>;
  if (!mayHost) return <EmptyList>Streams that your hosts schedule stand here.</EmptyList>;
  if (needsExperience) {
    return (
      <EmptyList
        next={
          <ButtonLink kind="go" to={`/account/space/experiences/new?space=${team.slug}`}>
            Make an experience
          </ButtonLink>
        }
      >
        Streams that you schedule stand here. A stream belongs to an experience, which is what a pass opens:
        make one first.
      </EmptyList>
    );
  }
  return (
    <EmptyList
      next={
        <ButtonLink kind="go" to={newStream}>
          New stream
        </ButtonLink>
      }
    >
      Streams that you schedule stand here: what is live, what comes next and what is over.
    </EmptyList>
  );
}
