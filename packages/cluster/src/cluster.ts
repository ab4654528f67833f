/** The user's line: an adapter from a bus. */
import type { AdapterNamespace } from "@sockeye/adapter";
import type { Bus } from "./bus.ts";
import { ClusterAdapter } from "./cluster-adapter.ts";
import { DurableAdapter } from "./durable-adapter.ts";
import type { DurableBus } from "./log.ts";
import { ClusterNode } from "./node.ts";
import { type ClusterOptions, resolveOptions } from "./options.ts";

/** Makes the adapters of a server's namespaces. */
export type ClusterAdapterFactory = (nsp: AdapterNamespace) => ClusterAdapter;

/**
 * Connects servers over a bus: `new Server(http, { adapter: cluster(redis(client)) })`. The same bus and factory
 * may serve several servers of one process. With a bus that has a log, and `connectionStateRecovery`, clients are
 * recovered on any server. Throws a RangeError for options that cannot work.
 */
export function cluster(bus: Bus | DurableBus, options: ClusterOptions = {}): ClusterAdapterFactory {
  const resolved = resolveOptions(options);
  const nodes = new WeakMap<object, ClusterNode>();
  // No arrow function: Socket.IO calls adapters with `new`.
  return function createAdapter(nsp: AdapterNamespace): ClusterAdapter {
    let node = nodes.get(nsp.server);
    if (!node) {
      node = createNode(bus, resolved, recovers(nsp));
      nodes.set(nsp.server, node);
    }
    return node.durable ? new DurableAdapter(nsp, node) : new ClusterAdapter(nsp, node);
  };
}

function createNode(
  bus: Bus | DurableBus,
  options: Required<ClusterOptions>,
  recovers: boolean,
): ClusterNode {
  if (!("log" in bus)) return new ClusterNode(bus, options);
  return new ClusterNode(bus.bus, options, recovers ? bus : undefined);
}

/** Without sessions to recover, nothing need be remembered. */
function recovers({ server }: AdapterNamespace): boolean {
  const { connectionStateRecovery } = (server.opts ?? {}) as { connectionStateRecovery?: unknown };
  return Boolean(connectionStateRecovery);
}
