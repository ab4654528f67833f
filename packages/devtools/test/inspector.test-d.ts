/** What the panel takes the server to say is what the server says it says. */
import type {
  ActionProposal,
  ActionRequest,
  InspectorOverview,
  Page as ServerPage,
  SocketOverview,
} from "@sockeye/server";
import { expectTypeOf } from "vitest";
import type { Action, Overview, Page, Proposal, SocketInfo } from "../src/inspector/answers.ts";

expectTypeOf<InspectorOverview>().toExtend<Overview>();
expectTypeOf<ServerPage<SocketOverview>>().toExtend<Page<SocketInfo>>();
expectTypeOf<ActionProposal>().toExtend<Proposal>();
expectTypeOf<Action & { namespace: string }>().toExtend<ActionRequest>();
