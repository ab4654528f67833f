/** The user's line: an adapter from a bus. */
import type { AdapterNamespace } from "@sockeye/adapter";
import type { Bus } from "./bus.ts";
import { ClusterAdapter } from "./cluster-adapter.ts";
import { DurableAdapter } from "./durable-adapter.ts";
import { checkBus, type DurableBus } from "./log.ts";
import { ClusterNode } from "./node.ts";
import { type ClusterOptions, resolveOptions } from "./options.ts";
import type { Relay } from "./relay.ts";

/** Makes the adapters of a server's namespaces. */
export interface ClusterAdapterFactory {
  (nsp: AdapterNamespace): ClusterAdapter;
  /** What lets a server serve the sessions of the others; @sockeye/server asks for it. */
  sessionRelay(server: AdapterNamespace["server"]): Relay;
}

/**
 * Connects servers over a bus: `new Server(http, { adapter: cluster(redis(client)) })`. The same bus and factory
 * may serve several servers of one process. With a bus that has a log, and `connectionStateRecovery`, clients are
 * recovered on any server. Throws a RangeError for options that cannot work, and a TypeError for what is no bus.
 */
export function cluster(bus: Bus | DurableBus, options: ClusterOptions = {}): ClusterAdapterFactory {
  checkBus("cluster", bus);
  const resolved = resolveOptions(options);
  const nodes = new WeakMap<object, ClusterNode>();
  const nodeOf = (server: AdapterNamespace["server"]): ClusterNode => {
    const node = nodes.get(server) ?? createNode(bus, resolved, recovers(server));
    nodes.set(server, node);
    return node;
  };
  // No arrow function: Socket.IO calls adapters with `new`.
  function createAdapter(nsp: AdapterNamespace): ClusterAdapter {
    const node = nodeOf(nsp.server);
    return node.durable ? new DurableAdapter(nsp, node) : new ClusterAdapter(nsp, node);
  }
  createAdapter.sessionRelay = (server: AdapterNamespace["server"]): Relay => nodeOf(server).relay;
  return createAdapter;
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
function recovers({ opts }: AdapterNamespace["server"]): boolean {
  const { connectionStateRecovery } = (opts ?? {}) as { connectionStateRecovery?: unknown };
  return Boolean(connectionStateRecovery);
}
