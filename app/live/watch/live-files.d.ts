declare module "virtual:live-files" {
  /** Addresses: the modules that begin to join, and all files of the live picture. Null where they are not known. */
  const files: { begin: string; room: string; files: string[] } | null;
  export default files;
}
