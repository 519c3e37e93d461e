import { useFetchers, useNavigation, useRevalidator } from "@remix-run/react";
import { useEffect, useRef } from "react";

/**
 * Reads the page's data again, at a random moment within `spreadMs`, once nothing else is being read. Remix 2 leaves
 * the rest of an answer that a newer one replaces as a rejection that nobody handles (`decodeViaTurboStream` drops
 * `done`), and what is being read is new already.
 */
export function useReadAgain(): (spreadMs: number) => void {
  const { revalidate, state } = useRevalidator();
  const navigation = useNavigation();
  const fetchers = useFetchers();
  const idle =
    state === "idle" && navigation.state === "idle" && fetchers.every((each) => each.state === "idle");
  const router = useRef({ idle, revalidate });
  router.current = { idle, revalidate };
  const wanted = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const readNow = useRef(() => {
    wanted.current = !router.current.idle;
    if (router.current.idle) router.current.revalidate();
  });
  useEffect(() => {
    if (idle && wanted.current) readNow.current();
  }, [idle]);
  const read = useRef((spreadMs: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(readNow.current, Math.random() * spreadMs);
  });
  return read.current;
}
