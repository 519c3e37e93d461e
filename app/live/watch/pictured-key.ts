/** Under which a live page's first lines keep the promise of its first picture, for who can wait until that is there. */
export const picturedKey = "frontrowPictured";
