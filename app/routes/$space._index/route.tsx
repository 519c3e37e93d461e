import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { type Announced, announcedMeta } from "#app/components/announced.tsx";
import { FailureBoundary } from "#app/components/failure.tsx";
import { toParagraphs } from "#app/components/paragraphs.ts";
import { listOfferedPasses } from "#app/domain/access/openers.ts";
import { structuredProfile } from "#app/domain/announcing/structured.ts";
import { findProfile } from "#app/domain/spaces/profiles.ts";
import { findProgramme } from "#app/domain/spaces/programme.ts";
import { findPublicSpace } from "#app/domain/spaces/public.ts";
import { findTeamRole } from "#app/domain/teams/members.ts";
import { announce } from "#app/http/announced.ts";
import { absent } from "#app/http/absent.ts";
import { followingOf } from "#app/http/following.ts";
import { movedOrAbsent } from "#app/http/moved.ts";
import { readTimeZone } from "#app/http/cookies.ts";
import { ProfilePage } from "./profile-page.tsx";
import { SpacePage } from "./space-page.tsx";

export const meta: MetaFunction<typeof loader> = ({ data, error }) =>
  announcedMeta(
    data && (data.kind === "space" ? data.space.name : data.profile.title),
    data?.announced,
    error,
  );

export const handle = { structured: ({ announced }: { announced: Announced }) => announced.structured };

/** One level of addresses for both: `/northlight` is a space, `/@mara` a person. */
export async function loader(args: LoaderFunctionArgs) {
  const { params, request, context } = args;
  const { space: address = "" } = params;
  const viewer = await context.viewer();
  const zone = readTimeZone(request, viewer?.timeZone);
  if (address.startsWith("@")) {
    const found = await findProfile(context.db, address.slice(1).toLowerCase());
    if (!found) throw absent("There is nobody with this user name.");
    const programme = await findProgramme(context.db, { spaceIds: found.spaces.map(({ id }) => id) });
    const { username, bio, name, spaces } = found;
    const profile = {
      username,
      title: name || `@${username}`,
      bio: toParagraphs(bio),
      own: viewer?.userId === found.userId,
    };
    const hosted = spaces.map((space) => ({ slug: space.slug, name: space.name }));
    const { publicUrl } = context.config;
    const announced = announce(context.config, {
      path: `/@${username}`,
      title: profile.title,
      description: [bio, `${profile.title} hosts live streams on Frontrow.`],
      kind: "profile",
      structured: structuredProfile({ username, name, bio }, publicUrl),
    });
    return { kind: "profile" as const, profile, spaces: hosted, programme, announced, zone };
  }
  const space = await findPublicSpace(context.db, address);
  if (!space) throw await movedOrAbsent(args, "There is no space at this address.");
  if (space.retired) throw absent("This space has closed.", 410);
  const [programme, passes, role, follow] = await Promise.all([
    findProgramme(context.db, { spaceIds: [space.id] }),
    listOfferedPasses(context.db, { spaceId: space.id }),
    viewer ? findTeamRole(context.db, { userId: viewer.userId, spaceId: space.id }) : undefined,
    followingOf(args, { spaceId: space.id, experienceId: null }),
  ]);
  const experiences = space.experiences.map(({ description, ...experience }) => ({
    ...experience,
    description: toParagraphs(description),
  }));
  return {
    kind: "space" as const,
    space: { slug: space.slug, name: space.name, description: toParagraphs(space.description), experiences },
    programme,
    passes,
    role: role ?? null,
    announced: announce(context.config, {
      path: `/${space.slug}`,
      title: space.name,
      description: [space.description, `Live streams and replays of ${space.name}.`],
      feed: space,
    }),
    follow,
    zone,
  };
}

export default function SpaceOrProfile() {
  const loaded = useLoaderData<typeof loader>();
  return loaded.kind === "space" ? <SpacePage {...loaded} /> : <ProfilePage {...loaded} />;
}

export { FailureBoundary as ErrorBoundary };
