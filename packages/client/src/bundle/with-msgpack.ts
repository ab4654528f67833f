/** The arguments of a Manager that speaks MessagePack, unless another parser is asked for. */
import { msgpackParser } from "../msgpack.ts";
import type { ManagerOptions } from "../options.ts";

type Options = Partial<ManagerOptions>;

export function withMsgpack(uri?: string | Options, opts?: Options): [uri: string | undefined, Options] {
  const given = (typeof uri === "object" ? uri : opts) ?? {};
  given.parser ??= msgpackParser;
  return [typeof uri === "string" ? uri : undefined, given];
}
