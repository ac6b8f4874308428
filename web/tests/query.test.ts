import { describe, expect, it } from "vitest";
import { and, choice, exclude, include, only, placeAt, quote, terms, toggle, without } from "../src/lib/query";

describe("terms", () => {
  it("reads fields, values, negation and words", () => {
    expect(terms('severity:(high or critical) -status:resolved last_seen:>-24h "trail stopped"')).toMatchObject([
      { field: "severity", op: ":", values: ["high", "critical"], isNegated: false },
      { field: "status", values: ["resolved"], isNegated: true },
      { field: "last_seen", op: ":>", values: ["-24h"] },
      { field: "", values: ["trail stopped"] },
    ]);
  });
  it("keeps colons within a value", () => {
    expect(terms("actor:arn:aws:iam::1:user/a type:AWS::S3::Bucket")).toMatchObject([
      { field: "actor", values: ["arn:aws:iam::1:user/a"] },
      { field: "type", values: ["AWS::S3::Bucket"] },
    ]);
  });
  it("does not take alternatives apart", () => expect(terms("a:1 or b:2")).toBeNull());
  it("passes over a group", () => expect(terms("(a:1 or b:2) c:3")).toMatchObject([{ field: "" }, { field: "c" }]));
});

describe("values", () => {
  it("are quoted where the grammar asks it", () => {
    expect(quote("eu-west-1")).toBe("eu-west-1");
    expect(quote("and")).toBe('"and"');
    expect(quote("-24h")).toBe('"-24h"');
    expect(quote('a "b" \\')).toBe('"a \\"b\\" \\\\"');
    expect(quote("")).toBe('""');
  });
  it.each(["plain", "with space", 'q"uote', "back\\slash", "or", "(x)", "*", "😀", "arn:aws:s3:::b", "", "-1"])("come back as they went in: %s", (value) => {
    expect(choice(include("status:open", "field", value), "field", value)).toBe("in");
    expect(choice(exclude("status:open", "field", value), "field", value)).toBe("out");
  });
});

describe("a query", () => {
  it("takes another value of the same field", () => {
    expect(include("status:open severity:high", "severity", "critical")).toBe("status:open severity:(high or critical)");
  });
  it("excludes what it asked for", () => expect(exclude("severity:(high or low)", "severity", "low")).toBe("severity:high -severity:low"));
  it("toggles back to what it was", () => {
    const q = 'status:open "a  b"';
    expect(toggle(toggle(q, "region", "x y", "in"), "region", "x y", "in")).toBe(q);
  });
  it("drops a field however it is asked", () => expect(without("last_seen:>-24h status:open last_seen_at:<-1h", "last_seen_at")).toBe("status:open"));
  it("asks for one value only", () => expect(only("region:(a or b) status:open", "region", "c")).toBe("status:open region:c"));
  it("puts alternatives in parentheses before it adds", () => expect(and("a:1 or b:2", "c:3")).toBe("(a:1 or b:2) c:3"));
});

describe("completion", () => {
  it("knows where a field stands", () => expect(placeAt("status:open sev", 15)).toMatchObject({ kind: "field", typed: "sev", start: 12 }));
  it("knows where a value stands", () => {
    expect(placeAt("severity:hi", 11)).toMatchObject({ kind: "value", field: "severity", typed: "hi", start: 9 });
    expect(placeAt("severity:(high or cr", 20)).toMatchObject({ kind: "value", field: "severity", typed: "cr" });
    expect(placeAt("last_seen:>=", 12)).toMatchObject({ kind: "value", field: "last_seen", typed: "" });
  });
});
