/** How somebody is shown. */
import type { CSSProperties, ReactNode } from "react";
import type { User } from "../src/events.ts";
import { hue } from "./identity.ts";

/** Somebody's initial, in their colour. */
export function Face({ of }: { of: User }): ReactNode {
  return (
    <span className="face" aria-hidden="true" style={{ "--hue": hue(of.id) } as CSSProperties}>
      {of.name.slice(0, 1).toUpperCase()}
    </span>
  );
}
