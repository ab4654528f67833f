/** The panels as React components: each is the custom element, which renders without React's help. */

import type { Socket } from "@sockeye/client";
import { type CSSProperties, createElement, type ReactNode, useEffect, useRef } from "react";
import type { SockeyeDevtools } from "./element.ts";
import "./element.ts";
import type { SockeyeInspector } from "./inspector-element.ts";
import "./inspector-element.ts";
import type { Recording } from "./record.ts";

/** Props of every panel. */
export interface PanelProps {
  /** "auto" follows the system. Default "auto". */
  theme?: "auto" | "light" | "dark";
  className?: string;
  /** Without a height, a panel is 480 pixels high. */
  style?: CSSProperties;
}

export interface RecordingProps extends PanelProps {
  /** What `record(socket)` returned; undefined while there is none. */
  recording: Recording | undefined;
}

interface ElementProps extends RecordingProps {
  view?: "timeline" | "packets";
  bare?: boolean;
}

function Panel({ recording, view, bare, ...props }: ElementProps): ReactNode {
  const element = useRef<SockeyeDevtools>(null);
  useEffect(() => {
    if (element.current) element.current.recording = recording;
  }, [recording]);
  return createElement("sockeye-devtools", {
    ref: element,
    ...looks(props),
    view,
    bare: bare ? "" : undefined,
  });
}

/** The props of every panel as attributes. */
const looks = ({ theme, className, style }: PanelProps): object => ({
  // React 18 writes `className` of custom elements as it stands.
  class: className,
  style,
  theme: theme === "auto" ? undefined : theme,
});

/** Timeline and packet list, with search, filters, details and export. */
export const WirePanel = (props: RecordingProps): ReactNode => createElement(Panel, props);

/** The sequence diagram alone. */
export const Timeline = (props: RecordingProps): ReactNode =>
  createElement(Panel, { ...props, view: "timeline", bare: true });

/** The list of packets alone. */
export const PacketList = (props: RecordingProps): ReactNode =>
  createElement(Panel, { ...props, view: "packets", bare: true });

export interface InspectorProps extends PanelProps {
  /** A socket of the namespace that `inspector()` of @sockeye/server opens; undefined while there is none. */
  socket: Socket | undefined;
}

/** What goes on in a server: namespaces, rooms and sockets, and what can be done to them. */
export function InspectorPanel({ socket, ...props }: InspectorProps): ReactNode {
  const element = useRef<SockeyeInspector>(null);
  useEffect(() => {
    if (element.current) element.current.socket = socket;
  }, [socket]);
  return createElement("sockeye-inspector", { ref: element, ...looks(props) });
}
