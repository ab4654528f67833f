/** Servers of several threads listen on one port, or are told why they cannot. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { sharePort } from "@sockeye/cluster";
import { freePort } from "@sockeye/cluster/testing";
import { expect, onTestFinished, test } from "vitest";

const host = "127.0.0.1";
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const shares = process.platform === "linux" && (major > 23 || (major === 22 && minor >= 12));

function server() {
  const http = createServer();
  onTestFinished(() => void http.close());
  return http;
}

test.runIf(shares)("two servers listen on one port", async () => {
  const port = await freePort();
  const both = [server(), server()];
  for (const each of both) await sharePort(each, { port, host });
  expect(both.map((each) => (each.address() as AddressInfo).port)).toEqual([port, port]);
});

test.runIf(shares)("a port that somebody has for himself is in use", async () => {
  const other = createTcpServer().listen(0, host);
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await expect(sharePort(server(), { port, host })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test.skipIf(shares)("where threads cannot share a port, the first of them is told what can", async () => {
  const http = server();
  const refused = await sharePort(http, { port: await freePort(), host }).catch((error) => error);
  expect(refused).toMatchObject({ code: "ERR_REUSE_PORT", message: expect.stringContaining("workers()") });
  expect(http.listening).toBe(false);
});

test("what is wrong with the address is told as it is", async () => {
  await expect(sharePort(server(), { port: 0 })).rejects.toThrow(RangeError);
  // RFC 5737: an address that no machine has.
  const refused = sharePort(server(), { port: 1, host: "192.0.2.1" });
  await expect(refused).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
});
