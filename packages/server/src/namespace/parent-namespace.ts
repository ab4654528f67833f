/** Namespaces that come into being when a client asks for one: by a pattern, or by a function. */
import { ChildrenAdapter } from "./children-adapter.ts";
import { Namespace, type NamespaceHome } from "./namespace.ts";

/** What parents need of the server, besides what every namespace does. */
export interface ParentHome extends NamespaceHome {
  readonly cleansUp: boolean;
  adopt(child: Namespace): void;
  remove(child: Namespace): void;
}

let count = 0;

/**
 * The parent of the namespaces that match. Its handlers and middlewares are those of every child made later; what
 * is emitted here, every child emits.
 */
export class ParentNamespace extends Namespace {
  readonly #home: ParentHome;
  readonly #children = new Set<ChildNamespace>();

  constructor(server: ParentHome) {
    super(server, `/_${count++}`);
    this.#home = server;
  }

  override _initAdapter(): void {
    this.adapter = new ChildrenAdapter(this, () => this.#children);
  }

  /** Makes the namespace of this name. */
  createChild(name: string): Namespace {
    const child = new ChildNamespace(this.#home, name, this);
    child.inherit(this.middlewares);
    for (const event of ["connect", "connection"]) {
      for (const listener of this.rawListeners(event)) child.on(event, listener as () => void);
    }
    this.#children.add(child);
    this.#home.adopt(child);
    return child;
  }

  /** A child has lost its last socket, or turned away the only client that asked for it. */
  onChildEmpty(child: ChildNamespace): void {
    if (!this.#home.cleansUp || !this.#children.delete(child)) return;
    this.#home.remove(child);
    void child.adapter.close();
  }
}

class ChildNamespace extends Namespace {
  readonly #parent: ParentNamespace;

  constructor(server: ParentHome, name: string, parent: ParentNamespace) {
    super(server, name);
    this.#parent = parent;
  }

  inherit(middlewares: ParentNamespace["middlewares"]): void {
    this.middlewares.push(...middlewares);
  }

  protected override onLeave(): void {
    if (this.isEmpty) this.#parent.onChildEmpty(this);
  }
}
