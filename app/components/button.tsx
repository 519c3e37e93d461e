import { Link, type LinkProps, useNavigation } from "@remix-run/react";
import type { ComponentProps, MouseEvent, ReactNode } from "react";

/** `go` is the single next thing to do on a page; `live` goes live or ends it; `quiet` looks like a link. */
export type ButtonKind = "plain" | "go" | "live" | "quiet";

type ButtonProps = Omit<ComponentProps<"button">, "className"> & {
  kind?: ButtonKind;
  /** What happens right now ("Going live…"). While it is set the button says so, keeps the focus and does nothing. */
  pending?: string | false | null;
};

/** A button says what happens. It submits the form around it, unless `type` says otherwise. */
export function Button({
  kind = "plain",
  pending,
  type = "submit",
  onClick,
  children,
  ...rest
}: ButtonProps) {
  const refuse = (event: MouseEvent) => event.preventDefault();
  return (
    <button
      {...rest}
      type={type}
      className="button"
      data-kind={kind}
      aria-disabled={pending ? true : rest["aria-disabled"]}
      onClick={pending ? refuse : onClick}
    >
      {pending || children}
    </button>
  );
}

type SubmitProps = Omit<ButtonProps, "pending"> & { pending: string };

/**
 * The button of a Remix `Form`, which knows by itself when its form is on the way: by `formAction` if the button has
 * one, and by its `name` and `value` if it has them. Give it one of these where a page has several forms.
 */
export function SubmitButton({ pending, ...rest }: SubmitProps) {
  const { state, formAction, formData, formMethod } = useNavigation();
  const { name, value } = rest;
  const ours =
    state !== "idle" &&
    formMethod !== undefined &&
    formMethod !== "GET" &&
    (rest.formAction === undefined || rest.formAction === formAction) &&
    (name === undefined || formData?.get(name) === String(value ?? ""));
  return <Button {...rest} pending={ours && pending} />;
}

/** A link that looks like a button: it leads somewhere and changes nothing. */
export function ButtonLink({
  kind = "plain",
  ...rest
}: Omit<LinkProps, "className"> & { kind?: ButtonKind; children: ReactNode }) {
  return <Link {...rest} className="button" data-kind={kind} />;
}
