/** Programs written for socket.io-parser print the same when it is a link to our face. */
import { build, runAll, runWith } from "@sockeye/compat-testing";
import { beforeAll, expect, test } from "vitest";

const PROGRAM = `
const print = (...values: unknown[]) => console.log(JSON.stringify(values));
const packets: Packet[] = [
  { type: PacketType.CONNECT, nsp: "/admin", data: { token: "123" } },
  { type: PacketType.EVENT, nsp: "/", data: ["hello", { date: new Date(0) }], id: 12 },
  { type: PacketType.ACK, nsp: "/", data: [Buffer.from([1, 2, 3])], id: 13 },
];
const options: DecoderOptions = { maxAttachments: 2, reviver: (_key, value) => (value === 1 ? 2 : value) };
const decoder = new Decoder(options);
decoder.on("decoded", (packet: Packet) => print("decoded", PacketType[packet.type], packet));
for (const packet of packets) {
  const frames = new Encoder((_key, value) => (value === "x" ? "y" : value)).encode(packet);
  print(frames, isPacketValid(packet));
  for (const frame of frames) decoder.add(frame);
}
decoder.add('0/admin?x=1,{"one":1}');
for (const frame of ['2["connect"]', "50-[]", '53-["a"]', "9"]) {
  try {
    decoder.add(frame);
  } catch {
    print("refused", frame);
  }
}
decoder.destroy();
decoder.off("decoded");
print(decoder.hasListeners("decoded"), protocol, PacketType, typeof PacketType[2]);
class Mine extends Encoder {
  encode(packet: Packet) {
    return ["mine", ...super.encode(packet)];
  }
}
print(new Mine().encode({ type: PacketType.DISCONNECT, nsp: "/" }));
`;
const untyped = PROGRAM.replaceAll(/: (unknown\[\]|Packet\[\]|Packet\b|DecoderOptions)/g, "");
const NAMES = "PacketType, Encoder, Decoder, isPacketValid, protocol";
const typed = `import { ${NAMES}, type Packet, type DecoderOptions } from "socket.io-parser";
declare const Buffer: { from(bytes: number[]): Uint8Array };
type Connect = PacketType.CONNECT;
const connect: Connect = PacketType.CONNECT;
const types: PacketType[] = [connect, PacketType.BINARY_ACK];
if (types[1] !== 6) throw new Error();${PROGRAM}`;

const PROGRAMS = {
  "main.mjs": `import { ${NAMES} } from "socket.io-parser";${untyped}`,
  "main.cjs": `const { ${NAMES} } = require("socket.io-parser");${untyped}`,
  "main.mts": typed,
  "main.cts": typed,
};

const OFFICIAL = "node_modules/socket.io-parser";
const OURS = "compat/socket.io-parser";

beforeAll(() => build(OURS), 120_000);

test("ESM, CommonJS and TypeScript", { timeout: 60_000 }, async () => {
  const { "main.mts": _, "main.cts": __, ...plain } = PROGRAMS;
  const [theirs, sameAgain] = await runAll("socket.io-parser", OFFICIAL, plain);
  expect(sameAgain).toBe(theirs);
  expect(theirs?.split("\n")).toHaveLength(14);
  const ours = await runAll("socket.io-parser", OURS, PROGRAMS);
  expect(ours).toEqual([theirs, theirs, theirs, theirs]);
});

test("package.json is readable under the name, and tells the version that is stood for", async () => {
  const program = 'const { version } = require("socket.io-parser/package.json"); console.log(version);';
  expect(await runWith("socket.io-parser", OURS, "main.cjs", program)).toBe("4.2.7\n");
});
