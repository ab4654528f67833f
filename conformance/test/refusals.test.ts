/** Requests that no server should take: ours answers with the status and code of the official one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { here } from "../src/server-kinds.ts";
import type { Stack, Stage } from "../src/stage.ts";

const stages = {} as Record<Stack, Stage>;
const stacks: Stack[] = ["official", "sockeye"];

beforeAll(async () => {
  for (const stack of stacks)
    stages[stack] = await here(stack).open({ server: { maxHttpBufferSize: 1_000 } });
});

afterAll(() => Promise.all(stacks.map((stack) => stages[stack].clear())));

/** SID stands for a session that exists. */
const requests: Array<[what: string, query: string, init?: RequestInit]> = [
  ["no transport", "EIO=4"],
  ["an unknown transport", "EIO=4&transport=pigeon"],
  ["a transport named as a prototype's member", "EIO=4&transport=constructor"],
  ["two transports", "EIO=4&transport=polling&transport=websocket"],
  ["no protocol version", "transport=polling"],
  ["an old protocol version", "EIO=3&transport=polling"],
  ["a protocol version of the future", "EIO=5&transport=polling"],
  ["an unknown session", "EIO=4&transport=polling&sid=unknown"],
  ["a session named as a prototype's member", "EIO=4&transport=polling&sid=__proto__"],
  ["a POST without a session", "EIO=4&transport=polling", { method: "POST", body: "40" }],
  ["a method that polling does not know", "EIO=4&transport=polling", { method: "PUT", body: "" }],
  ["a WebSocket without an upgrade", "EIO=4&transport=websocket"],
  ["a body over the limit", "EIO=4&transport=polling&sid=SID", { method: "POST", body: "4".repeat(2_000) }],
];

async function sessionOf(stage: Stage): Promise<string> {
  const response = await fetch(`${stage.url}/socket.io/?EIO=4&transport=polling`);
  const { sid } = JSON.parse((await response.text()).slice(1)) as { sid: string };
  return sid;
}

async function refusalBy(stack: Stack, query: string, init?: RequestInit): Promise<unknown> {
  const stage = stages[stack];
  const url = `${stage.url}/socket.io/?${query.replace("SID", await sessionOf(stage))}`;
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = text.startsWith("{");
  return { status: response.status, ...(isJson ? { body: JSON.parse(text) as unknown } : {}) };
}

describe("both servers refuse alike", () => {
  test.each(requests)("%s", async (_what, query, init) => {
    const [theirs, ours] = await Promise.all([
      refusalBy("official", query, init),
      refusalBy("sockeye", query, init),
    ]);
    expect(ours).toMatchObject(theirs as object);
  });
});
