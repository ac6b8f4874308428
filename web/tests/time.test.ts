import { beforeEach, expect, it } from "vitest";
import { ago, clock, moment, number, percent, span, utc, whole } from "../src/lib/time";

const AT = "2026-05-01T18:45:09.123Z";
beforeEach(() => Object.assign(clock, { locale: "en-GB", zone: "Asia/Kolkata" }));

it("shows a moment in the user's zone", () => {
  expect(moment(AT)).toMatch(/2 May.*00:15:09/);
  expect(whole(AT)).toContain("2026");
});
it("counts the hours of a day to 24 in every language, so that times keep one width", () => {
  clock.locale = "en-US";
  expect(moment(AT)).toMatch(/00:15:09$/);
});
it("keeps UTC beside it", () => expect(utc("2026-05-02T00:15:09+05:30")).toBe("2026-05-01T18:45:09Z"));
it("follows the language", () => {
  clock.locale = "de-DE";
  expect(number(1234567)).toBe("1.234.567");
  expect(ago("2026-05-01T00:00:00Z", Date.parse("2026-05-03T00:00:00Z"))).toBe("vorgestern");
});
it("says how long ago in the largest unit", () => {
  const now = Date.parse(AT);
  expect(ago("2026-05-01T18:45:00Z", now)).toMatch(/9 sec/);
  expect(ago("2026-05-01T16:45:00Z", now)).toMatch(/2 hr/);
});
it("writes spans in two units", () => {
  expect(span(3_725)).toMatch(/1\s?h 2\s?m/);
  expect(span(0)).toMatch(/0\s?s/);
  expect(percent(0.256)).toBe("26%");
});
