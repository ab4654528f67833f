/** A part that arrives when the connection is there already. */
import type { ReactNode } from "react";
import { chat } from "./chat.ts";

export default function Late(): ReactNode {
  return <p>late: {chat.useConnection().status}</p>;
}
