/** Which namespaces exist, and which would if somebody asked. */
import type { Untyped } from "@sockeye/core";
import type { NamespaceMatcher } from "../api/server.ts";
import { Namespace } from "./namespace.ts";
import { type ParentHome, ParentNamespace } from "./parent-namespace.ts";

/** What the registry needs of the server. */
export interface RegistryHome extends ParentHome {
  /** Whether nobody is let in any longer. */
  readonly closed: boolean;
  onNewNamespace(namespace: Namespace): void;
}

export class Registry {
  readonly namespaces: Map<string, Namespace> = new Map();
  readonly #home: RegistryHome;
  readonly #parents = new Map<NamespaceMatcher, ParentNamespace>();
  readonly #patterns = new Map<RegExp, ParentNamespace>();

  constructor(home: RegistryHome) {
    this.#home = home;
  }

  /** The namespace of this name, made if need be; a parent's child when a parent's pattern matches. */
  of(name: string): Namespace {
    const full = name.startsWith("/") ? name : `/${name}`;
    return this.namespaces.get(full) ?? this.#childByPattern(full) ?? this.#create(full);
  }

  #childByPattern(name: string): Namespace | undefined {
    for (const [pattern, parent] of this.#patterns) if (pattern.test(name)) return parent.createChild(name);
    return undefined;
  }

  #create(name: string): Namespace {
    const namespace = new Namespace(this.#home, name);
    this.namespaces.set(name, namespace);
    if (name !== "/") this.#home.onNewNamespace(namespace);
    return namespace;
  }

  /** @throws TypeError for a pattern that remembers where it matched last */
  parentByPattern(pattern: RegExp): ParentNamespace {
    if (pattern.global || pattern.sticky) {
      throw new TypeError(`a namespace pattern must not have the flag g or y, got ${String(pattern)}`);
    }
    const parent = this.parentByFunction((name, _auth, next) => next(null, pattern.test(name)));
    this.#patterns.set(pattern, parent);
    return parent;
  }

  parentByFunction(matches: NamespaceMatcher): ParentNamespace {
    const parent = new ParentNamespace(this.#home);
    this.#parents.set(matches, parent);
    return parent;
  }

  /** The namespace that a client asks for, if it exists or a parent says it may. */
  find(name: string, auth: Record<string, Untyped>, done: (namespace: Namespace | undefined) => void): void {
    const existing = this.namespaces.get(name);
    if (existing) done(existing);
    else this.#askParents([...this.#parents], name, auth, done);
  }

  #askParents(
    parents: Array<[NamespaceMatcher, ParentNamespace]>,
    name: string,
    auth: Record<string, Untyped>,
    done: (namespace: Namespace | undefined) => void,
  ): void {
    const [first, ...rest] = parents;
    if (!first) {
      done(undefined);
      return;
    }
    const [matches, parent] = first;
    let answered = false;
    const answer = (error: Error | null, allowed: boolean): void => {
      if (answered) return;
      answered = true;
      // A namespace that is made only now would never be closed.
      if (this.#home.closed) return;
      if (error || !allowed) this.#askParents(rest, name, auth, done);
      // Somebody else may have asked for it while the function took its time.
      else done(this.namespaces.get(name) ?? parent.createChild(name));
    };
    try {
      matches(name, auth, answer);
    } catch (error) {
      this.#home.reportError(error, { event: "connection" }, false);
      answer(null, false);
    }
  }
}
