/** URLs: what they mean with and without a page, and that nothing of them is lost. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeQuery, encodeQuery, parse, url } from "../src/url.ts";

const page = { protocol: "http:", host: "page.org:8080", hostname: "page.org", port: "8080" };

describe("url()", () => {
  test.each([
    ["http://a.org", undefined, ["http", "a.org", "80", "/"]],
    ["https://a.org/nsp", undefined, ["https", "a.org", "443", "/nsp"]],
    ["wss://a.org:1/x/y?q=1#f", undefined, ["wss", "a.org", "1", "/x/y"]],
    ["a.org:3000", undefined, ["https", "a.org", "3000", "/"]],
    ["a.org:3000", page, ["http", "a.org", "3000", "/"]],
    ["/nsp", page, ["http", "page.org", "8080", "/nsp"]],
    ["//a.org/nsp", page, ["http", "a.org", "80", "/nsp"]],
    [undefined, page, ["http", "page.org", "8080", "/"]],
    ["http://[::1]:3000/ä b", undefined, ["http", "::1", "3000", "/ä b"]],
    ["http://me:pw@a.org", undefined, ["http", "a.org", "80", "/"]],
  ])("%s", (uri, loc, expected) => {
    const { protocol, host, port, path } = url(uri, "", loc ?? {});
    expect([protocol, host, port, path]).toEqual(expected);
  });

  test("gives one id to all namespaces of a server, and another to each path, port and scheme", () => {
    const id = (uri: string, path = "/socket.io"): string => url(uri, path, {}).id;
    expect(id("http://a.org/x")).toBe(id("http://a.org:80/y?z"));
    const others = [
      id("http://a.org"),
      id("https://a.org"),
      id("http://a.org:81"),
      id("http://a.org", "/p"),
      id("ws://a.org"),
    ];
    expect(new Set(others).size).toBe(5);
  });

  test("refuses what is too long to be meant", () => {
    expect(() => url(`http://a/${"x".repeat(8000)}`)).toThrow("URI too long");
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

test("a query is itself again after encoding and decoding, equals signs and plus signs included", () => {
  const key = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "__proto__");
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ unit: "grapheme" })), (query) => {
      expect(decodeQuery(encodeQuery(query))).toEqual({ ...query });
    }),
  );
  expect(decodeQuery("a=1=2&b=+&c=%2B&d")).toEqual({ a: "1=2", b: "+", c: "+", d: "" });
});
