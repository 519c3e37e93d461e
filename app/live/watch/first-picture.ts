/** The class of the place in a live page's HTML that shows the picture until the player has its own. */
export const firstPicture = "first-picture";
