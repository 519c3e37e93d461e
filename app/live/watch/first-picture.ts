/** The class of the place in a live page's HTML that shows the picture until the player has its own. */
export const firstPicture = "first-picture";

/** Under which a live page's first lines keep the promise of that picture, for who can wait until it is there. */
export const picturedKey = "frontrowPictured";
