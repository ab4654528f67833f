/** Types of the hostile inputs, for the tests. */
import type { Base64, Codec, ProtocolError } from "@sockeye/protocol";

export interface FuzzModules {
  core: { ProtocolError: typeof ProtocolError };
  v3: object;
  msgpack: { msgpackCodec: Codec };
  base64: Base64;
}

export function fuzz(
  modules: FuzzModules,
  count: number,
  seed?: number,
): { packets: number; refused: Partial<Record<string, number>> };
