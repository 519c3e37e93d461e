import fs from "node:fs";
import path from "node:path";
import { accepts, statusOf } from "../ask.ts";
import { startPart, type Part, type Place } from "../part.ts";
import { root } from "../root.ts";

/** Mail goes nowhere: maildev takes it by SMTP and shows it on a web page. It is kept in a folder over restarts. */
export async function mailPart({ smtp, web }: { smtp: number; web: number }, place: Place): Promise<Part> {
  const folder = path.join(place.dir, "mail");
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = path.join(root, "node_modules", "maildev", "dist", "bin", "maildev.js");
  return startPart(
    {
      name: "mail",
      where: `http://127.0.0.1:${web}, smtp://127.0.0.1:${smtp}`,
      command: {
        file: process.execPath,
        args: [
          program,
          ...["--smtp", String(smtp), "--ip", "127.0.0.1", "--web", String(web), "--web-ip", "127.0.0.1"],
          ...["--mail-directory", folder, "--max-emails", "1000", "--hide-extensions", "STARTTLS"],
        ],
        env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: "production" },
        // It reads configuration files of the folder that it is started in, and of those above.
        cwd: folder,
      },
      isReady: async () =>
        (await accepts(smtp)) && (await statusOf(`http://127.0.0.1:${web}/api/healthz`)) === 200,
      stopWithin: 2_000,
    },
    place,
  );
}
