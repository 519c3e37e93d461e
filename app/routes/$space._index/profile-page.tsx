import { Link } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { ButtonLink } from "#app/components/button.tsx";
import { EmptyList } from "#app/components/empty-list.tsx";
import { Page, Two } from "#app/components/layouts.tsx";
import { PageHeader } from "#app/components/page-header.tsx";
import type { Paragraph } from "#app/components/paragraphs.ts";
import { SafeText } from "#app/components/safe-text.tsx";
import { type BilledStream, BillZone, StreamBill } from "#app/components/stream-bill.tsx";

type ProfilePageProps = {
  profile: { username: string; title: string; bio: Paragraph[]; own: boolean };
  spaces: { slug: string; name: string }[];
  programme: { live: BilledStream[]; upcoming: BilledStream[]; past: BilledStream[] };
  zone: string | null;
};

export function ProfilePage({ profile, spaces, programme, zone }: ProfilePageProps) {
  const next = [...programme.live, ...programme.upcoming];
  return (
    <Page>
      <PageHeader
        title={profile.title}
        lead={`@${profile.username}`}
        actions={profile.own && <ButtonLink to="/account/space/profile">Edit your profile</ButtonLink>}
      />
      <Two
        label="Spaces"
        aside={
          <section className="part">
            <h2>Hosts</h2>
            {spaces.length === 0 ? (
              <p className="small">No space at the moment.</p>
            ) : (
              <ul>
                {spaces.map(({ slug, name }) => (
                  <li key={slug}>
                    <Link to={`/${slug}`}>
                      <Bidi>{name}</Bidi>
                    </Link>
                  </li>
                ))}
              </ul>
            )}
          </section>
        }
      >
        {profile.bio.length > 0 && <SafeText paragraphs={profile.bio} />}
        <section className="part">
          <h2>Coming up</h2>
          {next.length === 0 ? (
            <EmptyList next={<ButtonLink to="/explore">See what else is on</ButtonLink>}>
              Streams stand here as soon as they are announced.
            </EmptyList>
          ) : (
            <StreamBill streams={next} zone={zone} label="Coming up" with="space" />
          )}
        </section>
        {programme.past.length > 0 && (
          <section className="part">
            <h2>Past streams</h2>
            <StreamBill streams={programme.past} zone={zone} label="Past streams" with="space" />
          </section>
        )}
        <BillZone zone={zone} lists={[next, programme.past]} />
      </Two>
    </Page>
  );
}
