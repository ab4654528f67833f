/** The short form of the fuzz run; `npm run fuzz` is the long one. */
import { expect, test } from "vitest";
import { fuzz } from "../fuzz/fuzz.mjs";

test("100,000 generated chunks crash nothing, hang nothing, and find every kind of refusal", {
  timeout: 60_000,
}, async () => {
  const { closed, messages, errors } = await fuzz(100_000, 7);
  expect(closed).toBeGreaterThan(1000);
  expect(messages).toBeGreaterThan(10_000);
  expect([...errors.keys()]).toEqual(
    expect.arrayContaining([
      "ERR_RSV",
      "ERR_OPCODE",
      "ERR_MASK",
      "ERR_FRAGMENT",
      "ERR_UTF8",
      "ERR_CLOSE_CODE",
      "ERR_DEFLATE",
    ]),
  );
});
