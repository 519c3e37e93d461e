/*
 * The baseline of the join bench: what a page needs to show a room's picture, and nothing else. The address of LiveKit
 * and the token stand in the page's hash.
 */
import { Room, RoomEvent, Track } from "livekit-client";

const [url = "", token = ""] = location.hash.slice(1).split("|").map(decodeURIComponent);
const room = new Room({ adaptiveStream: true, dynacast: true });
room.on(RoomEvent.TrackSubscribed, (track) => {
  if (track.kind !== Track.Kind.Video) return;
  const video = document.querySelector("video");
  if (video) track.attach(video);
});
await room.connect(url, token);
