/** Under which a page keeps the promise of its late part, for what brings it to life. */
export const latePlaceKey = "frontrowLatePlace";
