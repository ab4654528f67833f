/** What a page learns about its network and its visibility. */

/** Events after which a connection may have been lost, or can be made again. */
const SOURCES: [target: (page: Page) => Target | undefined, event: string][] = [
  [(page) => page, "online"],
  [(page) => page, "offline"],
  [(page) => page, "pageshow"],
  [(page) => page.document, "visibilitychange"],
  [(page) => page.navigator?.connection, "change"],
];

type Target = Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;

interface Page extends Target {
  document?: Target & { hidden: boolean };
  navigator?: { onLine?: boolean; connection?: Target };
}

const page = globalThis as unknown as Page;

/** Whether the platform believes that there is a network; true where it does not tell. */
export const isOnline = (): boolean => page.navigator?.onLine !== false;

/** Whether somebody may be looking; true where it cannot be told. */
export const isVisible = (): boolean => !page.document?.hidden;

/** Starts, or ends, to call back at these events. */
export function watchPage(method: "addEventListener" | "removeEventListener", listener: () => void): void {
  for (const [target, event] of SOURCES) target(page)?.[method]?.(event, listener);
}
