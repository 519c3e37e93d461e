import { Form, Link } from "@remix-run/react";
import { SubmitButton } from "./button.tsx";

export type FollowWords = {
  spaceId: string;
  /** Null: the whole space. */
  experienceId: string | null;
  /** The reader follows just this. */
  own: boolean;
  /** The reader follows the whole space. */
  whole: boolean;
  /** The reader wanted to follow it, and had to sign in first. */
  asked: boolean;
};

type FollowFormProps = Pick<FollowWords, "spaceId" | "experienceId" | "own"> & {
  /** The name of what is followed, where several stand on a page. */
  name?: string;
  /** Where one comes back to: the page of what is followed, or the list of all. */
  back: "page" | "list";
  kind?: "plain" | "go";
};

/** The button that follows a space or an experience, or ends that. */
export function FollowForm({ spaceId, experienceId, own, name, back, kind = "plain" }: FollowFormProps) {
  const words = own ? "Stop following" : "Follow";
  return (
    <Form method="post" action="/account/following" replace preventScrollReset>
      <input type="hidden" name="space" value={spaceId} />
      {experienceId && <input type="hidden" name="experience" value={experienceId} />}
      <input type="hidden" name="back" value={back} />
      {own && <input type="hidden" name="_method" value="delete" />}
      <SubmitButton
        kind={own ? "plain" : kind}
        formAction="/account/following"
        pending={own ? "Ending it…" : "Following…"}
        aria-label={name && `${words}: ${name}`}
      >
        {words}
      </SubmitButton>
    </Form>
  );
}

/** On the page of a space or an experience: whether one follows it, and the button. */
export function Follow({ follow }: { follow: FollowWords }) {
  const { own, whole, asked, experienceId, spaceId } = follow;
  if (whole && !own && experienceId)
    return (
      <p className="small">
        You follow its space, and so this. <Link to="/account/following">What you follow</Link>
      </p>
    );
  return (
    <>
      <FollowForm {...{ spaceId, experienceId, own }} back="page" kind={asked ? "go" : "plain"} />
      <span className="small" role="status">
        {own ? (
          <>
            You hear of its new streams. <Link to="/account/following">What you follow</Link>
          </>
        ) : asked ? (
          "You are signed in now. Press once more, and you follow it."
        ) : (
          "Hear of its new streams."
        )}
      </span>
    </>
  );
}
