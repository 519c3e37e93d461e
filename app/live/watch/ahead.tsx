import { Form, Link } from "@remix-run/react";
import { SubmitButton } from "#app/components/button.tsx";
import { CalendarLinks } from "#app/components/calendar-links.tsx";
import { Seats } from "#app/components/seats.tsx";
import type { WatchProps } from "./watch-page.tsx";

type AheadProps = WatchProps & {
  spotlight?: boolean;
  /** Only in words: the seats on the page are those of who is here. */
  inWords?: boolean;
};

/** What one can do about a stream that is still to come, besides waiting: say that one comes, and write it down. */
export function Ahead({ page, watch, spotlight = false, inWords = false }: AheadProps) {
  const { ahead, path, lengthMinutes } = page;
  const { title, startsAt, status } = watch.state;
  if (!ahead || status !== "scheduled") return null;
  return (
    <>
      <Coming {...{ ahead, path, spotlight, inWords }} />
      <CalendarLinks
        file={`${path}/calendar.ics`}
        {...{ title, startsAt, lengthMinutes, ...ahead.calendar }}
      />
    </>
  );
}

export type AheadWords = {
  /** How many said that they come, and whether the reader did. */
  count: number;
  mine: boolean;
  /** Whether the reader may say it at all: the team does not, nor who is banned. */
  may: boolean;
  /** The reader wanted to say it, and had to sign in first. */
  asked: boolean;
  /** Where a host reads who they are. */
  list: string | null;
  calendar: { url: string; about: string };
};

type ComingProps = Required<Pick<AheadProps, "spotlight" | "inWords">> & { ahead: AheadWords; path: string };

function Coming({ ahead: { count, mine, may, asked, list }, path, spotlight, inWords }: ComingProps) {
  if (count === 0 && !may) return null;
  const words = comingWords(count, mine);
  return (
    <section className="coming" aria-label="Who is coming" data-in-words={inWords ? "" : undefined}>
      <div role="status">
        {count > 0 && (inWords ? <p>{words}.</p> : <Seats count={count} words={words} />)}
      </div>
      {asked && <p>You are signed in now. Press once more, and you are counted.</p>}
      {may && (
        <Form method="post" action={`${path}/coming`} replace preventScrollReset>
          {mine && <input type="hidden" name="_method" value="delete" />}
          <SubmitButton
            kind={!mine && (spotlight || asked) ? "go" : "plain"}
            formAction={`${path}/coming`}
            pending={mine ? "Taking it back…" : "Writing it down…"}
          >
            {mine ? "I'm not coming" : "I'm coming"}
          </SubmitButton>
        </Form>
      )}
      {list && count > 0 && <Link to={list}>See who is coming</Link>}
    </section>
  );
}

function comingWords(count: number, mine: boolean): string {
  const many = (people: number) => people.toLocaleString("en-GB");
  if (!mine) return count === 1 ? "1 person is coming" : `${many(count)} people are coming`;
  if (count === 1) return "You are coming";
  return count === 2 ? "You and 1 other are coming" : `You and ${many(count - 1)} others are coming`;
}
