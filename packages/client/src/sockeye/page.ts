/** What a page learns about its network and its visibility. */

type Method = "addEventListener" | "removeEventListener";

type Target = Partial<Record<Method, (type: string, listener: (event: Event) => void) => void>>;

type Page = Target & {
  document?: { hidden: boolean };
  navigator?: { onLine?: boolean; connection?: Target };
};

const page = globalThis as unknown as Page;

/** Whether the platform believes that there is a network; true where it does not tell. */
export const isOnline = (): boolean => page.navigator?.onLine !== false;

/** Whether somebody may be looking; true where it cannot be told. */
export const isVisible = (): boolean => !page.document?.hidden;

/** Starts, or ends, to listen; of no effect where there is no page. */
export function watchPage(method: Method, listener: (event: Event) => void): void {
  for (const type of ["online", "offline", "visibilitychange"]) page[method]?.(type, listener);
  page.navigator?.connection?.[method]?.("change", listener);
}
