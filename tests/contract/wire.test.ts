import { expect, test } from "vitest";
import { course, differences, withoutFiles } from "./wire.ts";

const killed = course("handler process killed with -9").egressEvents.at(-1)!.body;
const failed = course("wrong secret of the store").egressEvents.at(-1)!.body;

test("a webhook is like itself, and like one with other ids, times and sizes", () => {
  expect(differences(killed, structuredClone(killed))).toEqual([]);
  const other = structuredClone(killed);
  other.id = "EV_other";
  other.egressInfo.endedAt = "1795440976293353786";
  expect(differences(killed, other)).toEqual([]);
});

test("another value, a field too many, one too few and another kind are each told", () => {
  const other = structuredClone(killed);
  other.egressInfo.errorCode = 501;
  other.egressInfo.endedAt = 1795440976293;
  other.egressInfo.details = "killed";
  delete other.egressInfo.roomComposite.layout;
  expect(differences(killed, other)).toEqual([
    "egressInfo.endedAt is number, not string",
    "egressInfo.roomComposite.layout is missing",
    "egressInfo.errorCode is 501, not 500",
    "egressInfo.details is too much",
  ]);
});

test("a time or a size that is not there yet is not like one that is", () => {
  const other = structuredClone(killed);
  other.egressInfo.endedAt = "0";
  expect(differences(killed, other)).toHaveLength(1);
});

test("an error's sentence is compared apart from the store's own ids", () => {
  const other = structuredClone(failed);
  other.egressInfo.error = failed.egressInfo.error.replace(/RequestID: \w+/, "RequestID: OTHER");
  expect(differences(failed, other)).toEqual([]);
  other.egressInfo.error = failed.egressInfo.error.replace("SignatureDoesNotMatch", "AccessDenied");
  expect(differences(failed, other)).toHaveLength(1);
});

test("a course with a file is read as one without, which has the single output twice", () => {
  const { response } = course("stopped three times").calls[1]!;
  const read = withoutFiles(response);
  expect(read.file_results).toEqual([]);
  expect(read.room_composite.file_outputs).toEqual([]);
  expect(read.segments).toEqual(response.segment_results[0]);
});
