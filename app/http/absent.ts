import { data } from "@remix-run/node";

/** To throw where there is nothing (404), or where what was there is gone for good (410). `message` is one sentence. */
export function absent(message = "There is no such page.", status: 404 | 410 = 404) {
  return data({ message }, { status });
}
