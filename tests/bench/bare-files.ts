import { createServer } from "node:http";
import express from "express";

/* The files of a folder, without a question to anybody: `node bare-files.ts FOLDER`. */
const app = express();
app.disable("x-powered-by");
app.use(express.static(process.argv[2]!, { index: false }));
const server = createServer(app).listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address && typeof address === "object") console.log(`http://127.0.0.1:${address.port}`);
});
