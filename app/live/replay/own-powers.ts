const hlsType = "application/vnd.apple.mpegurl";

/** Whether a browser's own player knows playlists. */
export const knowsPlaylists = (video: HTMLVideoElement): boolean => video.canPlayType(hlsType) !== "";

/** Enough is there for the picture to go on; below that (`HAVE_FUTURE_DATA`) it stands still. */
export const goesOn = 3;

/** Whether none of a player's sources is left to it: the last one failed, which only its `error` or its state tells. */
export const hasFailed = ({ error, networkState }: HTMLVideoElement): boolean =>
  error !== null || networkState === HTMLMediaElement.NETWORK_NO_SOURCE;
