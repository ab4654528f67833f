/** Programs written for engine.io-parser print the same when it is a link to our face. */
import { build, runAll, runWith } from "@sockeye/compat-testing";
import { beforeAll, expect, test } from "vitest";

const PROGRAM = `
const print = (...values: unknown[]) => console.log(JSON.stringify(values));
const packets: Packet[] = [{ type: "message", data: "hello €" }, { type: "message", data: Buffer.from([1, 2, 3]) }, { type: "ping" }];
for (const packet of packets) {
  encodePacket(packet, true, (frame: RawData) => print(frame, decodePacket(frame), decodePacket(frame, "arraybuffer")));
  encodePacket(packet, false, (frame: RawData) => print(frame, decodePacket(frame, "nodebuffer")));
}
encodePayload(packets, (body: string) => print(body, decodePayload(body)));
const type: PacketType = "error";
print(protocol, type, decodePacket("9"), decodePayload("4a\\x1e\\x1e4b"));
(async () => {
  const encoder = createPacketEncoderStream();
  const decoder = createPacketDecoderStream(100, "nodebuffer");
  const reader = encoder.readable.pipeThrough(decoder).getReader();
  const writer = encoder.writable.getWriter();
  for (const packet of packets) {
    writer.write(packet);
    print((await reader.read()).value);
  }
  writer.write({ type: "message", data: "x".repeat(200) });
  print((await reader.read()).value);
})();
`;
const NAMES =
  "encodePacket, decodePacket, encodePayload, decodePayload, createPacketEncoderStream, createPacketDecoderStream, protocol";
const untyped = PROGRAM.replaceAll(/: (unknown\[\]|Packet\[\]|RawData|PacketType|string)/g, "");

const PROGRAMS = {
  "main.mjs": `import { ${NAMES} } from "engine.io-parser";${untyped}`,
  "main.cjs": `const { ${NAMES} } = require("engine.io-parser");${untyped}`,
  "main.mts": `import { ${NAMES}, type Packet, type PacketType, type RawData } from "engine.io-parser";
    declare const Buffer: { from(bytes: number[]): Uint8Array };${PROGRAM}`,
  "main.cts": `import { ${NAMES}, type Packet, type PacketType, type RawData } from "engine.io-parser";
    declare const Buffer: { from(bytes: number[]): Uint8Array };${PROGRAM}`,
};

const OFFICIAL = "node_modules/engine.io-parser";
const OURS = "compat/engine.io-parser";

beforeAll(() => build(OURS), 120_000);

test("ESM, CommonJS and TypeScript", { timeout: 60_000 }, async () => {
  const { "main.mts": _, "main.cts": __, ...plain } = PROGRAMS;
  const [theirs, sameAgain] = await runAll("engine.io-parser", OFFICIAL, plain);
  expect(sameAgain).toBe(theirs);
  expect(theirs?.split("\n")).toHaveLength(13);
  const ours = await runAll("engine.io-parser", OURS, PROGRAMS);
  expect(ours).toEqual([theirs, theirs, theirs, theirs]);
});

test("package.json is readable under the name, and tells the version that is stood for", async () => {
  const program = 'const { version } = require("engine.io-parser/package.json"); console.log(version);';
  expect(await runWith("engine.io-parser", OURS, "main.cjs", program)).toBe("5.2.3\n");
});
