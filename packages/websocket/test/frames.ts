/** Frames made and read by hand, byte for byte, so that tests do not trust the code they test. */

export const op = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameShape {
  fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. */
  rsv?: number;
  /** The mask, or none. */
  mask?: readonly [number, number, number, number] | null;
  /** Bytes the length is told in, if not the fewest. */
  lengthBytes?: 0 | 2 | 8;
}

/** A client's frame. */
export function frame(opcode: number, payload: string | Uint8Array = "", shape: FrameShape = {}): Buffer {
  const { fin = true, rsv = 0, mask = [0x37, 0xfa, 0x21, 0x3d] } = shape;
  const bytes = Buffer.from(payload as Uint8Array);
  const header = [(fin ? 0x80 : 0) | (rsv << 4) | opcode, ...length(bytes.length, shape.lengthBytes)];
  if (mask === null) return Buffer.concat([Buffer.from(header), bytes]);
  header[1] = (header[1] as number) | 0x80;
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (mask[i & 3] as number);
  return Buffer.concat([Buffer.from(header), Buffer.from(mask), bytes]);
}

function length(size: number, bytes = size < 126 ? 0 : size < 65_536 ? 2 : 8): number[] {
  if (bytes === 0) return [size];
  const field = Buffer.alloc(bytes);
  field.writeUIntBE(size, bytes === 2 ? 0 : 2, bytes === 2 ? 2 : 6);
  return [bytes === 2 ? 126 : 127, ...field];
}

/** The payload of a Close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as Uint8Array)]);
}

export function closeFrame(code: number, reason = ""): Buffer {
  return frame(op.close, closePayload(code, reason));
}

/** A server's frame, taken apart. */
export interface ReadFrame {
  fin: boolean;
  rsv: number;
  opcode: number;
  payload: Buffer;
  /** Bytes of the length field beyond the first. */
  lengthBytes: number;
}

/** Takes at most `count` server frames apart; `size` says how many bytes they were. */
export function readFrames(bytes: Buffer, count = Infinity): { frames: ReadFrame[]; size: number } {
  const frames: ReadFrame[] = [];
  let at = 0;
  for (;;) {
    const next = frames.length < count ? readFrame(bytes, at) : undefined;
    if (next === undefined) return { frames, size: at };
    frames.push(next.frame);
    at = next.end;
  }
}

function readFrame(bytes: Buffer, at: number): { frame: ReadFrame; end: number } | undefined {
  if (bytes.length < at + 2) return undefined;
  const first = bytes.readUInt8(at);
  const short = bytes.readUInt8(at + 1);
  if (short > 127) throw new Error("a server must not mask its frames");
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = at + 2 + lengthBytes;
  if (bytes.length < start) return undefined;
  const size =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : bytes.readUIntBE(at + 4, 6);
  const end = start + size;
  if (bytes.length < end) return undefined;
  const payload = bytes.subarray(start, end);
  return {
    frame: { fin: first > 127, rsv: (first >> 4) & 7, opcode: first & 15, payload, lengthBytes },
    end,
  };
}
