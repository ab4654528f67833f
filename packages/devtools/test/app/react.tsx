/** The page of the React tests: the panel of a recording, and at /inspector that of a server. */
import { io } from "@sockeye/client";
import { record } from "@sockeye/devtools";
import { InspectorPanel, PacketList, Timeline, WirePanel } from "@sockeye/devtools/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

const socket = io({ forceNew: true });
const recording = record(socket);

const Wire = () => {
  const [shown, setShown] = useState(true);
  return (
    <>
      <button type="button" onClick={() => setShown(!shown)}>
        {shown ? "Take away" : "Bring back"}
      </button>
      {shown && <WirePanel recording={recording} theme="dark" className="tall" style={{ height: 400 }} />}
      <Timeline recording={recording} />
      <PacketList recording={recording} />
    </>
  );
};

const inspected = io("/inspector", { forceNew: true, autoConnect: location.pathname === "/inspector" });

const Page = () =>
  location.pathname === "/inspector" ? (
    <InspectorPanel socket={inspected} style={{ height: "calc(100vh - 24px)" }} />
  ) : (
    <Wire />
  );

createRoot(document.querySelector("main") as HTMLElement).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
