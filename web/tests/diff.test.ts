import { expect, it } from "vitest";
import { diff } from "../src/lib/diff";

it("finds nothing where nothing differs", () => expect(diff({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] })).toEqual([]));
it("names what was added, removed and changed by its path", () => {
  expect(diff({ a: 1, b: { c: 2 } }, { b: { c: 3 }, d: 4 })).toEqual([
    { path: "/a", kind: "removed", before: 1 },
    { path: "/b/c", kind: "changed", before: 2, after: 3 },
    { path: "/d", kind: "added", after: 4 },
  ]);
});
it("finds elements of a list by their key, not by their place", () => {
  const before = { Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] };
  const after = { Tags: [{ Key: "b", Value: "2" }, { Key: "a", Value: "9" }] };
  expect(diff(before, after)).toEqual([{ path: "/Tags/a/Value", kind: "changed", before: "1", after: "9" }]);
});
it("tells elements without a key as gone and come", () => {
  expect(diff([1, 2], [2, 3], "/x")).toEqual([
    { path: "/x/-", kind: "removed", before: 1 },
    { path: "/x/-", kind: "added", after: 3 },
  ]);
});
it("escapes names in paths", () => expect(diff({ "a/b~c": 1 }, {})).toEqual([{ path: "/a~1b~0c", kind: "removed", before: 1 }]));
it("tells null from absent", () => expect(diff({ a: null }, {})).toEqual([{ path: "/a", kind: "removed", before: null }]));
