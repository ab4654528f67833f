/** What an object and all below it keep, private fields included: the sizes of its collections, by path. */
import { Session } from "node:inspector";

interface Property {
  name: string;
  value?: { className?: string; description?: string; objectId?: string } | undefined;
}

/** Classes in which things are kept; their other parts lead back up. */
const ROOMS =
  /^(Object|DurableAdapter|SessionBook|ClusterNode|Journal|LogWriter|HeadStart|RequestLedger|Interest|Reunion|Outbox|Relay|StartUp)$/;
const UPWARD = /home|clock|options/;

/** Collections below `root` that are not empty, like `DurableAdapter.#book.#live`. */
export function kept(root: object): Record<string, number> {
  const sizes: Record<string, number> = {};
  const inspector = new Session();
  inspector.connect();
  const ask = <Answer>(method: string, params: object): Answer => {
    let answer: unknown;
    // In the same thread, it is answered at once.
    inspector.post(method, params, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer as Answer;
  };
  const visit = (path: string, { name, value }: Property): void => {
    const { className = "", description = "", objectId } = value ?? {};
    const [, size] = /^[A-Z]\w+\((\d+)\)$/.exec(description) ?? [];
    if (Number(size) > 0) sizes[path + name] = Number(size);
    if (size !== undefined || !objectId || !ROOMS.test(className) || UPWARD.test(name)) return;
    const { result, privateProperties = [] } = ask<{ result: Property[]; privateProperties?: Property[] }>(
      "Runtime.getProperties",
      { objectId, ownProperties: true },
    );
    const inner = className === "Object" ? result : privateProperties;
    for (const each of inner) if (each.name !== "#node" || path === "") visit(`${path}${name}.`, each);
  };
  const holder = globalThis as { kept?: object };
  holder.kept = root;
  const { result } = ask<{ result: Property["value"] }>("Runtime.evaluate", {
    expression: "globalThis.kept",
  });
  delete holder.kept;
  visit("", { name: root.constructor.name, value: result });
  inspector.disconnect();
  return sizes;
}
