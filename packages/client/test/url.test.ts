/** URLs: what they mean with and without a page, and that nothing of them is lost. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "../src/uri.ts";
import { decodeQuery, locate } from "../src/url.ts";

const page = "http://page.org:8080/some/page?x=1#y";

describe("a URL given to io()", () => {
  test.each([
    ["http://a.org", undefined, ["http://a.org/", "/"]],
    ["https://a.org/nsp", undefined, ["https://a.org/nsp", "/nsp"]],
    ["wss://a.org:1/x/y?q=1#f", undefined, ["wss://a.org:1/x/y?q=1#f", "/x/y"]],
    ["a.org:3000", undefined, ["https://a.org:3000/", "/"]],
    ["a.org:3000/nsp?q", page, ["http://a.org:3000/nsp?q", "/nsp"]],
    ["localhost", page, ["http://localhost/", "/"]],
    ["/nsp", page, ["http://page.org:8080/nsp", "/nsp"]],
    ["//a.org/nsp", page, ["http://a.org/nsp", "/nsp"]],
    [undefined, page, ["http://page.org:8080/", "/"]],
    ["http://[::1]:3000/ä b%", undefined, ["http://[::1]:3000/%C3%A4%20b%", "/ä b%"]],
    ["http://me:pw@a.org/x", undefined, ["http://me:pw@a.org/x", "/x"]],
    ["http://a.org?q=/x", undefined, ["http://a.org/?q=/x", "/"]],
  ])("%s", (uri, base, expected) => {
    const { url, nsp } = locate(uri, base);
    expect([url.href, nsp]).toEqual(expected);
  });

  test("is refused when it cannot be one", () => {
    expect(() => locate("http://")).toThrow("Invalid URL");
  });

  test("keeps the namespace as it was written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const nsp = `/${text.replace(/[?#]/g, "")}`;
        expect(locate(`http://a.org${nsp}?q#f`).nsp).toBe(nsp);
      }),
    );
  });
});

const word = fc.stringMatching(/^[a-z0-9.-]{1,12}$/);

test("parse() finds every part again", () => {
  fc.assert(
    fc.property(
      fc.record({
        protocol: fc.constantFrom("http", "https", "ws", "wss"),
        userInfo: fc.constantFrom("", "u", "u:p"),
        host: fc.oneof(word, fc.constant("::1")),
        port: fc.oneof(fc.constant(""), fc.nat(65535).map(String)),
        path: fc.stringMatching(/^(\/[^?#/]{0,8}){0,3}$/),
        query: fc.stringMatching(/^[^#]{0,12}$/),
        anchor: fc.string({ maxLength: 8 }),
      }),
      (parts) => {
        const { protocol, userInfo, host, port, path, query, anchor } = parts;
        const source = `${protocol}://${userInfo && `${userInfo}@`}${host.includes(":") ? `[${host}]` : host}${port && `:${port}`}${path}?${query}#${anchor}`;
        expect(parse(source)).toEqual({ source, ...parts });
      },
    ),
  );
});

test("a query is what was encoded, equals signs and plus signs included", () => {
  const key = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "__proto__");
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ unit: "grapheme" })), (query) => {
      const pairs = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join("="));
      expect(decodeQuery(pairs.join("&"))).toEqual({ ...query });
    }),
  );
  expect(decodeQuery("a=1=2&b=+&c=%2B&d")).toEqual({ a: "1=2", b: "+", c: "+", d: "" });
});
