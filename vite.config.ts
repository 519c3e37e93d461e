import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { vitePlugin as remix } from "@remix-run/dev";
import { defineConfig, type Manifest, type Plugin } from "vite";
import remixConfig from "./remix.config.js";

declare module "@remix-run/node" {
  interface Future {
    v3_singleFetch: true;
  }
}

export default defineConfig({
  plugins: [!process.env.VITEST && [liveFiles(), chunks(), remix(remixConfig)]],
  build: { target: "es2022", sourcemap: false },
});

/**
 * Which modules travel together where the bundler would make files of a kilobyte: each file costs a live page some ten
 * milliseconds before the first frame.
 */
function chunks(): Plugin {
  // On nearly every page.
  const components =
    "announced|bar|bidi|breadcrumbs|button|facts|failure|icons|layouts|mark|notice|page-header|page-request|page-title|refresh-without-script|safe-text|seats|seats-plan|stage|tag|ticket|ticking|time-format|when";
  const files: [string, RegExp][] = [
    [
      "common",
      new RegExp(
        `/app/components/(${components})\\.tsx?$|/app/live/(page-(socket|messages)|read-again|watch/(pictured|late-place)-key)\\.ts$`,
      ),
    ],
    ["pass", /\/app\/components\/pass-(opener|ticket)\.tsx$/],
    // What asks for a ticket, without React and without LiveKit.
    ["warm-up", /\/app\/live\/(watch\/(warm-up\.client|ticket|first-picture)|tab)\.ts$|vite\/preload-helper/],
    ["room", /\/app\/live\/watch\/viewer-room\.client\.ts$|\/node_modules\/livekit-client\//],
  ];
  return {
    name: "chunks",
    config: (_, { isSsrBuild }) =>
      isSsrBuild
        ? {}
        : {
            build: {
              rollupOptions: {
                output: { manualChunks: (id) => files.find(([, modules]) => modules.test(id))?.[0] },
              },
            },
          },
  };
}

/**
 * `virtual:live-files`: what the build called the files of the live picture, for the first lines of a page that is live.
 * The browser's part is built before the server's, which alone knows them.
 */
export function liveFiles(): Plugin {
  const id = "virtual:live-files";
  const begin = "app/live/watch/warm-up.client.ts";
  const room = "app/live/watch/viewer-room.client.ts";
  let manifestFile = "";
  let browsers = false;
  return {
    name: "live-files",
    configResolved: ({ root, build, command }) => {
      manifestFile = path.resolve(root, build.outDir, "../client/.vite/manifest.json");
      browsers = command === "build" && !build.ssr;
    },
    // An entry keeps the names of its exports, which a page's own script calls it by.
    buildStart() {
      if (!browsers) return;
      for (const id of [begin, room])
        this.emitFile({ type: "chunk", id, preserveSignature: "allow-extension" });
    },
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load(asked, options) {
      if (asked !== `\0${id}`) return undefined;
      const manifest = (
        options?.ssr && existsSync(manifestFile) ? JSON.parse(readFileSync(manifestFile, "utf8")) : {}
      ) as Manifest;
      const addressOf = (name: string) => `/${manifest[name]?.file}`;
      if (!manifest[begin] || !manifest[room]) return "export default null";
      const wanted = new Set([room, begin]);
      // What is added while it runs is looked at, too.
      for (const name of wanted) {
        for (const next of [...(manifest[name]?.imports ?? []), ...(manifest[name]?.dynamicImports ?? [])])
          wanted.add(next);
      }
      const files = [...wanted].filter((name) => manifest[name]).map(addressOf);
      return `export default ${JSON.stringify({ begin: addressOf(begin), room: addressOf(room), files })}`;
    },
  };
}
