/** Frames of clients: what is read, and what is refused, however the bytes are cut (RFC 6455, 5). */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { FrameReader } from "../src/frame-reader.ts";
import { closeFrame, closePayload, type FrameShape, frame, op } from "./frames.ts";
import { cuts, Notes, pushLent, type ReadOptions, read } from "./sink.ts";

function expectRead(bytes: Buffer, told: unknown[], options?: ReadOptions): void {
  for (const chunks of cuts(bytes)) {
    const got = read(chunks, options);
    // Thousands of comparisons: toEqual is for the one that fails.
    if (!isDeepStrictEqual(got, told)) expect(got).toEqual(told);
  }
}

function expectRefused(bytes: Buffer, error: string, closeCode = 1002, options?: ReadOptions): void {
  expectRead(bytes, [{ error, closeCode }], options);
}

describe("5.2: base framing", () => {
  test.each([0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 255, 256])(
    "reads a text and a binary message of %i bytes, cut anywhere",
    (size) => {
      const text = "abcdefghijklmnopqrstuvwxyz".repeat(40).slice(0, size);
      const bytes = Buffer.from(text, "latin1").map((byte, i) => byte ^ (i * 37));
      expectRead(Buffer.concat([frame(op.text, text), frame(op.binary, bytes)]), [text, Buffer.from(bytes)]);
    },
  );

  test.each([65_535, 65_536, 65_537, 300_000])(
    "reads a message of %i bytes in chunks of any size",
    (size) => {
      const bytes = Buffer.alloc(size, "0123456789");
      const framed = frame(op.text, bytes);
      for (const step of [size + 14, 1, 1460, 16_384, 65_536]) {
        const chunks: Buffer[] = [];
        for (let at = 0; at < framed.length; at += step) chunks.push(framed.subarray(at, at + step));
        expect(read(chunks)).toEqual([bytes.toString()]);
      }
    },
  );

  test("reads many frames of one chunk in order", () => {
    const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`);
    expect(read([Buffer.concat(texts.map((text) => frame(op.text, text)))])).toEqual(texts);
  });

  test.each([1, 2, 3, 4, 5, 6, 7])("refuses reserved bits %i without an extension", (rsv) => {
    for (const opcode of [op.text, op.binary, op.ping, op.close]) {
      expectRefused(frame(opcode, "", { rsv }), "ERR_RSV");
    }
  });

  test.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])("refuses reserved opcode %i", (opcode) => {
    expectRefused(frame(opcode, "x"), "ERR_OPCODE");
  });

  test("refuses a length in more bytes than needed", () => {
    for (const size of [0, 1, 125])
      expectRefused(frame(op.text, "x".repeat(size), { lengthBytes: 2 }), "ERR_LENGTH");
    for (const size of [0, 125, 126]) {
      expectRefused(frame(op.text, "x".repeat(size), { lengthBytes: 8 }), "ERR_LENGTH");
    }
    expect(read([frame(op.text, "x".repeat(65_535), { lengthBytes: 8 })])).toEqual([
      { error: "ERR_LENGTH", closeCode: 1002 },
    ]);
  });

  test("refuses a length of 2^63 or more", () => {
    expectRefused(Buffer.from("81ff8000000000000000", "hex"), "ERR_LENGTH");
    expectRefused(Buffer.from("81ffffffffffffffffff", "hex"), "ERR_LENGTH");
  });

  test("what came before a bad frame is told", () => {
    expectRead(Buffer.concat([frame(op.text, "good"), frame(3), frame(op.text, "after")]), [
      "good",
      { error: "ERR_OPCODE", closeCode: 1002 },
    ]);
  });

  test("a bad first byte is refused before anything else came", () => {
    expect(read([Buffer.from([0xf1])])).toEqual([{ error: "ERR_RSV", closeCode: 1002 }]);
    expect(read([Buffer.from([0x83])])).toEqual([{ error: "ERR_OPCODE", closeCode: 1002 }]);
  });
});

describe("5.1, 5.3: masking", () => {
  test("5.1: a frame without mask is refused", () => {
    expectRefused(frame(op.text, "Hello", { mask: null }), "ERR_MASK");
    expectRefused(frame(op.text, "", { mask: null }), "ERR_MASK");
    expectRefused(frame(op.close, "", { mask: null }), "ERR_MASK");
  });

  test("5.3: reads the RFC's example of a masked text (5.7)", () => {
    expectRead(Buffer.from("818537fa213d7f9f4d5158", "hex"), ["Hello"]);
  });

  test.each([
    [0, 0, 0, 0],
    [255, 255, 255, 255],
    [1, 2, 3, 4],
    [128, 0, 128, 0],
  ] as const)("5.3: takes off the mask %i %i %i %i", (...mask) => {
    for (const size of [1, 7, 130, 131, 132, 133]) {
      const bytes = Buffer.alloc(size, "xyz");
      expectRead(Buffer.concat([frame(op.ping, "a"), frame(op.binary, bytes, { mask })]), [
        { ping: "a" },
        bytes,
      ]);
    }
  });
});

describe("5.4: fragmentation", () => {
  const part = (opcode: number, payload: string | Uint8Array, fin = false): Buffer =>
    frame(opcode, payload, { fin });

  test("joins the fragments of a message", () => {
    expectRead(Buffer.concat([part(op.text, "Hel"), part(op.continuation, "lo", true)]), ["Hello"]);
    expectRead(
      Buffer.concat([part(op.binary, "a"), part(op.continuation, "b"), part(op.continuation, "c", true)]),
      [Buffer.from("abc")],
    );
  });

  test("joins empty fragments", () => {
    expectRead(
      Buffer.concat([part(op.text, ""), part(op.continuation, ""), part(op.continuation, "", true)]),
      [""],
    );
    expectRead(
      Buffer.concat([part(op.text, ""), part(op.continuation, "x"), part(op.continuation, "", true)]),
      ["x"],
    );
  });

  test("reads control frames in the middle of a message, at once", () => {
    const bytes = [
      part(op.text, "Hel"),
      frame(op.ping, "p"),
      frame(op.pong),
      part(op.continuation, "lo", true),
    ];
    expectRead(Buffer.concat(bytes), [{ ping: "p" }, "Hello"]);
  });

  test("refuses a continuation of nothing", () => {
    expectRefused(part(op.continuation, "x"), "ERR_FRAGMENT");
    expectRefused(part(op.continuation, "x", true), "ERR_FRAGMENT");
    expectRead(
      Buffer.concat([part(op.text, "a"), part(op.continuation, "b", true), part(op.continuation, "c", true)]),
      ["ab", { error: "ERR_FRAGMENT", closeCode: 1002 }],
    );
  });

  test("refuses another message before the end of the first", () => {
    expectRefused(Buffer.concat([part(op.text, "a"), part(op.text, "b", true)]), "ERR_FRAGMENT");
    expectRefused(Buffer.concat([part(op.binary, "a"), part(op.binary, "b")]), "ERR_FRAGMENT");
  });

  test("a message of 65,536 fragments is read", () => {
    const parts = [part(op.text, "a"), ...Array<Buffer>(65_534).fill(part(op.continuation, "a"))];
    const bytes = Buffer.concat([...parts, part(op.continuation, "a", true)]);
    expect(read([bytes], { maxFragments: 131_072 })).toEqual(["a".repeat(65_536)]);
  });
});

describe("5.5: control frames", () => {
  test.each([op.ping, op.pong, op.close])("opcode %i: more than 125 bytes are refused", (opcode) => {
    expectRefused(frame(opcode, closePayload(1000, "x".repeat(124))), "ERR_CONTROL_LENGTH");
    expectRefused(frame(opcode, "", { lengthBytes: 2 }), "ERR_CONTROL_LENGTH");
    expectRefused(frame(opcode, "", { lengthBytes: 8 }), "ERR_CONTROL_LENGTH");
  });

  test.each([op.ping, op.pong, op.close])("opcode %i: fragments are refused", (opcode) => {
    expectRefused(frame(opcode, "", { fin: false }), "ERR_CONTROL_FRAGMENT");
  });

  test("5.5.2: pings of 0 to 125 bytes are told, pongs are not", () => {
    const long = "p".repeat(125);
    expectRead(Buffer.concat([frame(op.ping), frame(op.pong, "x"), frame(op.ping, long)]), [
      { ping: "" },
      { ping: long },
    ]);
  });
});

describe("5.5.1, 7.4: Close frames", () => {
  test("carry nothing, a code, or a code and a reason", () => {
    expectRead(frame(op.close), [{ close: 1005, reason: "" }]);
    expectRead(closeFrame(1000), [{ close: 1000, reason: "" }]);
    expectRead(closeFrame(1001, "good bye €"), [{ close: 1001, reason: "good bye €" }]);
    expectRead(closeFrame(4999, "r".repeat(123)), [{ close: 4999, reason: "r".repeat(123) }]);
  });

  test("5.5.1: a payload of 1 byte is refused", () => {
    expectRefused(frame(op.close, "x"), "ERR_CLOSE_PAYLOAD");
  });

  test.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])(
    "7.4: code %i may be sent",
    (code) => expect(read([closeFrame(code)])).toEqual([{ close: code, reason: "" }]),
  );

  test.each([0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])(
    "7.4: code %i may not",
    (code) => expect(read([closeFrame(code)])).toEqual([{ error: "ERR_CLOSE_CODE", closeCode: 1002 }]),
  );

  test("5.5.1, 8.1: a reason that is not UTF-8 is refused", () => {
    expectRefused(
      frame(op.close, closePayload(1000, Buffer.from("cebae1bdb9cf83cebcceb5eda080", "hex"))),
      "ERR_UTF8",
      1007,
    );
  });

  test("nothing is read behind a Close frame", () => {
    expectRead(Buffer.concat([closeFrame(1000), frame(op.text, "late"), frame(3)]), [
      { close: 1000, reason: "" },
    ]);
  });
});

describe("8.1: text is UTF-8", () => {
  const valid = [
    "",
    "κόσμε",
    "Hello-µ@ßöäüàá-UTF-8!!",
    "\u0000",
    "\u007f\u0080\u07ff\u0800\uffff",
    "😀".repeat(40),
    "\ufeffx",
    "\u{10ffff}",
  ];
  test.each(valid)("reads %j, whole and in fragments cut within characters", (text) => {
    const bytes = Buffer.from(text);
    expectRead(frame(op.text, bytes), [text]);
    for (let at = 0; at <= bytes.length; at += 3) {
      const head = frame(op.text, bytes.subarray(0, at), { fin: false });
      const parts = Buffer.concat([head, frame(op.continuation, bytes.subarray(at))]);
      expect(read([parts])).toEqual([text]);
    }
  });

  const invalid = [
    "ff",
    "c080",
    "c1bf",
    "e08080",
    "f0808080",
    "eda080",
    "edbfbf",
    "f4908080",
    "80",
    "c3",
    "e282",
    "f09f98",
    "61c361",
    "f8888080",
    "cebae1bdb9cf83cebcceb5f4908080656469746564",
  ];
  test.each(invalid)("refuses the bytes %s with 1007", (hex) => {
    const bytes = Buffer.from(hex, "hex");
    expectRefused(frame(op.text, bytes), "ERR_UTF8", 1007);
    expectRefused(frame(op.text, Buffer.concat([Buffer.alloc(200, "a"), bytes])), "ERR_UTF8", 1007);
    const parts = [
      frame(op.text, bytes.subarray(0, 1), { fin: false }),
      frame(op.continuation, bytes.subarray(1)),
    ];
    expectRefused(Buffer.concat(parts), "ERR_UTF8", 1007);
    expectRead(frame(op.binary, bytes), [bytes]);
  });
});

describe("10.4: limits", () => {
  const tooBig = [{ error: "ERR_MESSAGE_TOO_BIG", closeCode: 1009 }];

  test("a message of maxPayload bytes is read, one byte more is not", () => {
    expectRead(frame(op.text, "x".repeat(200)), ["x".repeat(200)], { maxPayload: 200 });
    expectRead(frame(op.text, "x".repeat(201)), tooBig, { maxPayload: 200 });
  });

  test("a header is enough to refuse, whatever it announces", () => {
    expect(read([Buffer.from("82ff7fffffffffffffff", "hex")])).toEqual(tooBig);
    expect(read([Buffer.from("82fe00c9", "hex")], { maxPayload: 200 })).toEqual(tooBig);
  });

  test("fragments count in sum", () => {
    const parts = [frame(op.text, "x".repeat(150), { fin: false }), frame(op.continuation, "x".repeat(51))];
    expectRead(Buffer.concat(parts), tooBig, { maxPayload: 200 });
  });

  test("control frames in between do not count", () => {
    const parts = [frame(op.text, "x".repeat(100), { fin: false }), frame(op.ping, "x".repeat(100))];
    const bytes = Buffer.concat([...parts, frame(op.continuation, "x".repeat(100))]);
    expectRead(bytes, [{ ping: "x".repeat(100) }, "x".repeat(200)], { maxPayload: 200 });
  });

  test("fragments without end, empty ones as well, are refused with 1008", () => {
    const parts = [
      frame(op.text, "", { fin: false }),
      ...Array<Buffer>(9).fill(frame(op.continuation, "", { fin: false })),
    ];
    expect(read(parts, { maxFragments: 10 })).toEqual([]);
    parts.push(frame(op.continuation));
    expect(read(parts, { maxFragments: 10 })).toEqual([{ error: "ERR_TOO_MANY_FRAGMENTS", closeCode: 1008 }]);
  });

  test("the announcement of a large message costs no memory", () => {
    const before = process.memoryUsage().arrayBuffers;
    const notes = new Notes();
    const readers = Array.from({ length: 1000 }, () => {
      const reader = new FrameReader(notes, { maxPayload: 10_000_000, maxFragments: 10 }, false);
      reader.push(Buffer.from("82ff00000000009896800000000001020304", "hex"));
      reader.push(Buffer.alloc(100));
      return reader;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    for (const reader of readers) reader.shut();
  });
});

describe("holding and shutting", () => {
  const holding = (): { notes: Notes; reader: FrameReader } => {
    const notes = new Notes();
    const reader = new FrameReader(notes, { maxPayload: 1000, maxFragments: 10 }, true);
    notes.compressed = (data) => {
      notes.told.push({ compressed: data.toString("latin1") });
      reader.hold();
    };
    return { notes, reader };
  };
  const compressed: FrameShape = { rsv: 4 };

  test("a held reader keeps what comes, and goes on with it in order", () => {
    const bytes = Buffer.concat([
      frame(op.text, "1"),
      frame(op.binary, "z", compressed),
      frame(op.text, "2"),
      frame(op.text, "y", compressed),
      frame(op.text, "3"),
    ]);
    for (const chunks of cuts(bytes)) {
      const { notes, reader } = holding();
      for (const chunk of chunks) pushLent(reader, chunk);
      expect(notes.told).toEqual(["1", { compressed: "z" }]);
      reader.release();
      expect(notes.told.slice(2)).toEqual(["2", { compressed: "y" }]);
      expect(reader.held).toBe(true);
      reader.release();
      expect(notes.told.slice(4)).toEqual(["3"]);
    }
  });

  test("a reader that is shut in the middle of a chunk reads no further", () => {
    const { notes, reader } = holding();
    notes.text = (data) => {
      notes.told.push(data);
      if (data === "2") reader.shut();
    };
    pushLent(
      reader,
      Buffer.concat([frame(op.text, "1"), frame(op.text, "2"), frame(op.text, "3"), frame(3)]),
    );
    reader.push(frame(3));
    reader.release();
    expect(notes.told).toEqual(["1", "2"]);
  });
});

describe("RFC 7692, 6: compressed messages", () => {
  test("RSV1 marks the first frame of a compressed message", () => {
    expectRead(frame(op.text, "zz", { rsv: 4 }), [{ compressed: "7a7a", isText: true }], { deflate: true });
    const parts = [frame(op.binary, "a", { rsv: 4, fin: false }), frame(op.continuation, "b")];
    expectRead(Buffer.concat(parts), [{ compressed: "6162", isText: false }], { deflate: true });
    expectRead(frame(op.text, "plain"), ["plain"], { deflate: true });
  });

  test.each([
    [
      "a continuation",
      Buffer.concat([frame(op.text, "a", { fin: false }), frame(op.continuation, "b", { rsv: 4 })]),
    ],
    ["a ping", frame(op.ping, "", { rsv: 4 })],
    ["a Close frame", frame(op.close, "", { rsv: 4 })],
  ])("RSV1 on %s is refused", (_kind, bytes) => expectRefused(bytes, "ERR_RSV", 1002, { deflate: true }));

  test.each([1, 2, 3, 5, 6, 7])("other reserved bits (%i) are refused all the same", (rsv) => {
    expectRefused(frame(op.text, "", { rsv }), "ERR_RSV", 1002, { deflate: true });
  });
});
