/** The React components where there is no page: on a server. */
import { InspectorPanel, PacketList, Timeline, WirePanel } from "@sockeye/devtools/react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";

test("a server renders the element, which the browser brings to life", () => {
  expect(renderToString(<WirePanel recording={undefined} theme="dark" className="tall" />)).toBe(
    '<sockeye-devtools class="tall" theme="dark"></sockeye-devtools>',
  );
  expect(renderToString(<Timeline recording={undefined} theme="auto" />)).toBe(
    '<sockeye-devtools view="timeline" bare=""></sockeye-devtools>',
  );
  expect(renderToString(<PacketList recording={undefined} />)).toContain('view="packets"');
  expect(renderToString(<InspectorPanel socket={undefined} theme="light" />)).toBe(
    '<sockeye-inspector theme="light"></sockeye-inspector>',
  );
});
