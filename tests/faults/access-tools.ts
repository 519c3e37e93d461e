import { signIn } from "#tests/factories.ts";
import type { Tools } from "./fault.ts";
import { promise } from "./studio-tools.ts";

type Grant = {
  space: { id: string };
  pass: { id: string };
  grant: { id: string };
  people: { owner: { id: string } };
};

/** Takes a grant back or marks it refunded as its creator does: by the form of its page. Gives when it was sent. */
export async function endGrant(
  { web, db }: Tools,
  { pass, grant, people }: Grant,
  by: "cancellation" | "refund" = "cancellation",
): Promise<number> {
  const { cookie } = await signIn(db, people.owner.id);
  const sent = Date.now();
  const answer = await fetch(`${web.url}/account/passes/${pass.id}/grants/${grant.id}/${by}`, {
    method: "POST",
    headers: { cookie, origin: web.url },
    body: new URLSearchParams({ reason: "For the test" }),
    redirect: "manual",
  });
  promise(answer.status === 302, `the grant was ended (${answer.status})`);
  return sent;
}
