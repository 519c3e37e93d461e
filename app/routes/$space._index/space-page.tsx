import { Link } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Follow, type FollowWords } from "#app/components/follow.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import type { Paragraph } from "#app/components/paragraphs.ts";
import { PassTicket, type PassTicketWords } from "#app/components/pass-ticket.tsx";
import { SafeText } from "#app/components/safe-text.tsx";
import { type BilledStream, BillZone, StreamBill } from "#app/components/stream-bill.tsx";

type SpacePageProps = {
  space: {
    slug: string;
    name: string;
    description: Paragraph[];
    experiences: { id: string; slug: string; name: string; description: Paragraph[] }[];
  };
  programme: { live: BilledStream[]; upcoming: BilledStream[]; past: BilledStream[] };
  passes: (PassTicketWords & { passId: string; path: string })[];
  role: "owner" | "host" | "moderator" | null;
  follow: FollowWords;
  zone: string | null;
};

export function SpacePage({ space, programme, passes, role, follow, zone }: SpacePageProps) {
  const mayHost = role === "owner" || role === "host";
  return (
    <Page>
      <PageHeader
        title={space.name}
        actions={
          <>
            {role && <span className="small">You are on the team.</span>}
            {role === "owner" && (
              <ButtonLink to={`/account/space?space=${space.slug}`}>Edit the space</ButtonLink>
            )}
            <Follow follow={follow} />
          </>
        }
      />
      <Two
        label="Passes"
        aside={
          <section className="part">
            <h2>Passes</h2>
            {passes.length === 0 ? (
              <EmptyList
                next={
                  role === "owner" && (
                    <ButtonLink to={`/account/passes/new?space=${space.slug}`}>Make a pass</ButtonLink>
                  )
                }
              >
                Passes open the streams of this space. None is offered at the moment.
              </EmptyList>
            ) : (
              passes.map((pass) => (
                <PassTicket
                  key={pass.passId}
                  pass={pass}
                  zone={zone}
                  level={3}
                  action={
                    <ButtonLink to={pass.path} aria-label={`See it: ${pass.name}`}>
                      See it
                    </ButtonLink>
                  }
                />
              ))
            )}
          </section>
        }
      >
        {space.description.length > 0 && <SafeText paragraphs={space.description} />}
        {programme.live.length > 0 && (
          <section className="part">
            <h2>Live now</h2>
            <StreamBill streams={programme.live} zone={zone} label="Live now" with="experience" spotlight />
          </section>
        )}
        <section className="part">
          <h2>Coming up</h2>
          {programme.upcoming.length === 0 ? (
            <EmptyList
              next={
                mayHost ? (
                  <ButtonLink to={`/account/streams/new?space=${space.slug}`}>Schedule a stream</ButtonLink>
                ) : (
                  <ButtonLink to="/explore">See what else is on</ButtonLink>
                )
              }
            >
              Streams stand here as soon as they are announced.
            </EmptyList>
          ) : (
            <StreamBill streams={programme.upcoming} zone={zone} label="Coming up" with="experience" />
          )}
        </section>
        <section className="part">
          <h2>Experiences</h2>
          {space.experiences.length === 0 ? (
            <EmptyList
              next={
                role === "owner" && (
                  <ButtonLink to={`/account/space/experiences/new?space=${space.slug}`}>
                    Make an experience
                  </ButtonLink>
                )
              }
            >
              What people get access to stands here: a series of streams, for example.
            </EmptyList>
          ) : (
            space.experiences.map((experience) => (
              <div key={experience.id} className="stack" data-gap="small">
                <h3>
                  <Link to={`/${space.slug}/${experience.slug}`}>
                    <Bidi>{experience.name}</Bidi>
                  </Link>
                </h3>
                {experience.description.length > 0 && (
                  <SafeText paragraphs={experience.description.slice(0, 1)} />
                )}
              </div>
            ))
          )}
        </section>
        {programme.past.length > 0 && (
          <section className="part">
            <h2>Past streams</h2>
            <StreamBill streams={programme.past} zone={zone} label="Past streams" with="experience" />
          </section>
        )}
        <BillZone zone={zone} lists={[programme.live, programme.upcoming, programme.past]} />
        <p className="small">
          For feed readers: <a href={`/${space.slug}/feed.atom`}>what is new in this space</a>.
        </p>
      </Two>
    </Page>
  );
}
