import { expect, it } from "vitest";
import { changed, match, safeThen } from "../src/lib/match";

it("reads parameters from a path", () => {
  expect(match("/items/:key", "/items/abc")).toEqual({ key: "abc" });
  expect(match("/rules/:id", "/rules/a%2Fb")).toEqual({ id: "a/b" });
  expect(match("/items/:key", "/items")).toBeNull();
  expect(match("/items/:key", "/items/a/b")).toBeNull();
  expect(match("/", "/")).toEqual({});
  expect(match("/", "/findings")).toBeNull();
  expect(match("/findings", "/findings/")).toEqual({});
});
it("survives a path that is no text", () => expect(match("/rules/:id", "/rules/%E0%A4")).toEqual({ id: "%E0%A4" }));
it("changes parameters and leaves the others", () => {
  expect(changed("?q=a%3Ab&open=1", { open: null, tab: "x" })).toBe("?q=a%3Ab&tab=x");
  expect(changed("?open=1", { open: null })).toBe("");
});
it("goes to no other site after signing in", () => {
  for (const then of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\nb", "", null])
    expect(safeThen(then)).toBe("/");
  expect(safeThen("/findings?q=severity%3Ahigh")).toBe("/findings?q=severity%3Ahigh");
});
