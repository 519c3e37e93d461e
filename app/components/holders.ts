/** How many hold a pass, as far as they were counted: "12,000", "More than 10,000". */
export const sayHolders = ({ holders, moreHolders }: { holders: number; moreHolders: boolean }) =>
  `${moreHolders ? "More than " : ""}${holders.toLocaleString("en-GB")}`;
