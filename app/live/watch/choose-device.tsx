import { Form } from "@remix-run/react";
import { Bidi } from "#app/components/bidi.tsx";
import { SubmitButton } from "#app/components/button.tsx";
import { Stage } from "#app/components/stage.tsx";
import { When } from "#app/components/when.tsx";
import { hasChat } from "./pieces.tsx";
import type { DevicesAsked } from "./watch-data.ts";
import type { WatchProps } from "./watch-page.tsx";

/** In place of the picture where other devices have the places: which of them is to end, or that one can go on here. */
export function ChooseDevice({ page, watch, asked }: WatchProps & { asked: DevicesAsked }) {
  const { devices, most, tried } = asked;
  const action = `${page.path}/device`;
  const room = devices !== null && devices.length < most;
  return (
    <Stage lit>
      <div className="choose-device">
        <h2>{titleOf(asked)}</h2>
        <div role="status">
          {tried && devices && !room && <p>{triedWords[tried]}</p>}
          <p>
            {devices &&
              (room
                ? "You can go on here."
                : `Your pass lets you watch on ${inWords(most)}. Which is to end?`)}
            {hasChat(watch.state) && " The chat stays open on each."}
          </p>
        </div>
        {devices && (
          <Form method="post" action={action} preventScrollReset>
            {!room && (
              <ul>
                {devices.map(({ id, browser, networkAddress, since, streamTitle }) => (
                  <li key={id}>
                    <p>
                      <b>{browser}</b>
                      <br />
                      <span className="small">
                        watches <Bidi>{streamTitle}</Bidi> since{" "}
                        <When at={since} zone={page.zone} streamZone={page.streamZone} size="time" />
                        {networkAddress && <>, from {networkAddress}</>}
                      </span>
                    </p>
                    <SubmitButton
                      name="end"
                      value={id}
                      formAction={action}
                      pending="Ending it…"
                      aria-label={`End it and watch here: ${browser}`}
                    >
                      End it and watch here
                    </SubmitButton>
                  </li>
                ))}
              </ul>
            )}
            <SubmitButton
              kind={room ? "go" : "quiet"}
              name="end"
              value=""
              formAction={action}
              pending="One moment…"
            >
              {room ? "Watch here" : "See whether one has stopped by itself"}
            </SubmitButton>
          </Form>
        )}
      </div>
    </Stage>
  );
}

function titleOf({ reason, devices }: DevicesAsked): string {
  if (reason === "ended") return "You went on with another device, so the picture stopped here.";
  return devices?.length === 1
    ? "You are watching on another device."
    : `You are watching on ${devices?.length ?? "your"} other devices.`;
}

const triedWords: Record<NonNullable<DevicesAsked["tried"]>, string> = {
  full: "None of them has stopped so far.",
  more: "There is no place yet: another device was faster, or your pass lets fewer watch now. Choose again.",
};

const inWords = (most: number) => (most === 1 ? "one device at a time" : `${most} devices at once`);
