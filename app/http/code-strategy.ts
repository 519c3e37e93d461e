import type { AppLoadContext } from "@remix-run/node";
import { Authenticator } from "remix-auth";
import { Strategy } from "remix-auth/strategy";
import { z } from "zod";
import { readLinkCode } from "#app/domain/people/link-codes.ts";
import { type SignedIn, type SignInRefusal, signInWithCode } from "#app/domain/people/sign-in.ts";
import { readBrowser } from "./browser.ts";
import { readCookie, sessionCookieName } from "./cookies.ts";
import { readForm, type Refusal } from "./forms.ts";

const schema = z.object({
  code: z
    .string()
    .default("")
    .transform((text) => text.normalize("NFKC").replaceAll(/[\s-]/g, ""))
    .refine((text) => /^\d{6}$/.test(text), "A code is six digits. Type it as it stands in the mail."),
  mail: z.string().optional(),
});

type Typed = z.output<typeof schema>;
type Outcome = SignedIn | SignInRefusal | { ok: false; reason: "form"; refusal: Refusal };

/** Signing in by the code of a letter, for remix-auth: the form's fields, handed to whoever verifies them. */
class CodeStrategy extends Strategy<Outcome, Typed> {
  name = "code";

  async authenticate(request: Request): Promise<Outcome> {
    const form = await readForm(request, schema);
    return form.ok ? this.verify(form.value) : { ok: false, reason: "form", refusal: form };
  }
}

/** What a post of the code's page comes to: a session and its token, or why not. */
export async function authenticateByCode(request: Request, context: AppLoadContext): Promise<Outcome> {
  const { config, db, queue, networkAddress } = context;
  const strategy = new CodeStrategy(({ code, mail }) =>
    signInWithCode(db, queue, {
      code,
      browserToken: readBrowser({ request, context }),
      networkAddress,
      userAgent: request.headers.get("user-agent") ?? "",
      fromMail: readLinkCode(config.sessionSecrets, "sign-in-mail", mail),
      oldSessionToken: readCookie(request.headers.get("cookie"), sessionCookieName(config)),
    }),
  );
  return new Authenticator<Outcome>().use(strategy).authenticate("code", request);
}
