import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { announcedMeta } from "#app/components/announced.tsx";
import { Breadcrumbs } from "#app/components/breadcrumbs.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { Follow } from "#app/components/follow.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { Notice } from "#app/components/notice.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { PassOpener } from "#app/components/pass-opener.tsx";
import { SafeText } from "#app/components/safe-text.tsx";
import { BillZone, StreamBill } from "#app/components/stream-bill.tsx";
import { When } from "#app/components/when.tsx";
import { Bidi } from "#app/components/bidi.tsx";
import { listOpeners } from "#app/domain/access/openers.ts";
import { listHeld } from "#app/domain/experiences/watchable.ts";
import { findProgramme } from "#app/domain/spaces/programme.ts";
import { findPublicExperience } from "#app/domain/spaces/public.ts";
import { findTeamRole } from "#app/domain/teams/members.ts";
import { announce } from "#app/http/announced.ts";
import { absent } from "#app/http/absent.ts";
import { followingOf } from "#app/http/following.ts";
import { movedOrAbsent } from "#app/http/moved.ts";
import { readTimeZone } from "#app/http/cookies.ts";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  announcedMeta(data?.experience.name, data?.announced, error);

export async function loader(args: LoaderFunctionArgs) {
  const { params, request, context } = args;
  const { space = "", experience: address = "" } = params;
  const { db } = context;
  const experience = await findPublicExperience(db, { space, experience: address });
  if (!experience) throw await movedOrAbsent(args, "There is no experience at this address.");
  if (experience.retired) throw absent("This is no longer shown.", 410);
  const viewer = await context.viewer();
  const [programme, openers, held, role, follow] = await Promise.all([
    findProgramme(db, { experienceId: experience.id }, { upcoming: 50, past: 100 }),
    listOpeners(db, { experienceId: experience.id, userId: viewer?.userId ?? null }),
    viewer ? listHeld(db, { userId: viewer.userId, experienceId: experience.id }) : [],
    viewer ? findTeamRole(db, { userId: viewer.userId, spaceId: experience.spaceId }) : undefined,
    followingOf(args, { spaceId: experience.spaceId, experienceId: experience.id }),
  ]);
  const [mine] = held;
  const { id, name, slug, spaceSlug, spaceName } = experience;
  return {
    experience: { id, name, slug, spaceSlug, spaceName, description: toParagraphs(experience.description) },
    programme,
    openers,
    mine: mine?.open ? { passName: mine.passName, endsAt: mine.endsAt } : null,
    mayHost: role === "owner" || role === "host",
    announced: announce(context.config, {
      path: `/${spaceSlug}/${slug}`,
      title: name,
      description: [experience.description, `${name}: live streams and replays of ${spaceName}.`],
      feed: { slug: spaceSlug, name: spaceName },
    }),
    follow,
    zone: readTimeZone(request, viewer?.timeZone),
  };
}

export default function ExperiencePage() {
  const { experience, programme, openers, mine, mayHost, follow, zone } = useLoaderData<typeof loader>();
  return (
    <Page>
      <PageHeader
        title={experience.name}
        above={<Breadcrumbs items={[{ to: `/${experience.spaceSlug}`, label: experience.spaceName }]} />}
        actions={<Follow follow={follow} />}
      />
      <Two
        label="What opens it"
        aside={
          <section className="part">
            <h2>What opens it</h2>
            {mine && (
              <Notice title="You hold a pass for this">
                <p>
                  <Bidi>{mine.passName}</Bidi>
                  {mine.endsAt ? (
                    <>
                      {" "}
                      opens it until <When at={mine.endsAt} zone={zone} />.
                    </>
                  ) : (
                    " opens it, without an end."
                  )}
                </p>
              </Notice>
            )}
            {openers.length === 0 && !mine && (
              <EmptyList next={<ButtonLink to={`/${experience.spaceSlug}`}>To the space</ButtonLink>}>
                No pass that opens it is offered at the moment. Ask the space for one.
              </EmptyList>
            )}
            {openers.map((pass) => (
              <PassOpener
                key={pass.passId}
                pass={pass}
                zone={zone}
                to={pass.path}
                held={mine !== null}
                spotlight={!mine && openers.length === 1 && programme.live.length === 0}
              />
            ))}
          </section>
        }
      >
        {experience.description.length > 0 && <SafeText paragraphs={experience.description} />}
        {programme.live.length > 0 && (
          <section className="part">
            <h2>Live now</h2>
            <StreamBill streams={programme.live} zone={zone} label="Live now" spotlight />
          </section>
        )}
        <section className="part">
          <h2>Coming up</h2>
          {programme.upcoming.length === 0 ? (
            <EmptyList
              next={
                mayHost ? (
                  <ButtonLink to={`/account/streams/new?space=${experience.spaceSlug}`}>
                    Schedule a stream
                  </ButtonLink>
                ) : (
                  <ButtonLink to={`/${experience.spaceSlug}`}>What else is on here</ButtonLink>
                )
              }
            >
              Its next streams stand here as soon as they are announced.
            </EmptyList>
          ) : (
            <StreamBill streams={programme.upcoming} zone={zone} label="Coming up" />
          )}
        </section>
        {programme.past.length > 0 && (
          <section className="part">
            <h2>Past streams</h2>
            <StreamBill streams={programme.past} zone={zone} label="Past streams" />
          </section>
        )}
        <BillZone zone={zone} lists={[programme.live, programme.upcoming, programme.past]} />
      </Two>
    </Page>
  );
}

export { FailureBoundary as ErrorBoundary };
