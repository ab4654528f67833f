/** The load generator's own framing: what it sends, and what it reads however the bytes are cut. */
import { expect, test } from "vitest";
import { FrameReader, frame } from "../src/load/frames.mjs";

const serverFrame = (text: string) => {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, payload.length])
      : Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, payload]);
};

function read(chunks: Buffer[]): string[] {
  const texts: string[] = [];
  const reader = new FrameReader((_opcode, buffer, start, end) => {
    texts.push(buffer.toString("utf8", start, end));
  });
  for (const chunk of chunks) reader.push(chunk);
  return texts;
}

test("frames are masked, so that the server has to unmask", () => {
  const bytes = frame("hi");
  expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0x81, 0x82]));
  const key = bytes.subarray(2, 6);
  const payload = bytes.subarray(6).map((byte, i) => byte ^ (key[i] ?? 0));
  expect(Buffer.from(payload).toString()).toBe("hi");
});

test("answers are read however they are cut", () => {
  const texts = ["short", "x".repeat(300), "", "end"];
  const bytes = Buffer.concat(texts.map(serverFrame));
  for (let cut = 0; cut <= bytes.length; cut++) {
    expect(read([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(texts);
  }
});
