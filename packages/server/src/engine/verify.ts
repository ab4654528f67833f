/** Whether a request is one that the engine serves (Engine.IO v4, "HTTP errors"). */
import { Refusal } from "./refusal.ts";
import { type EngineParameters, type EngineRequest, engineParameters } from "./request.ts";

/** What is known about a session that a request names. */
export interface KnownSession {
  readonly protocol: number;
  readonly transport: { readonly name: string };
}

/** What the rules are checked against. */
export interface Rules {
  readonly transports: readonly string[];
  readonly allowEIO3: boolean;
}

/** Checks everything but `allowRequest`; returns why the request is refused, if it is. */
export function verifyRequest(
  request: EngineRequest,
  isUpgrade: boolean,
  rules: Rules,
  sessions: ReadonlyMap<string, KnownSession>,
): Refusal | undefined {
  const parameters = engineParameters(request._query);
  const { transport, sid } = parameters;
  if (parameters.ambiguous) return new Refusal("badRequest", { name: "AMBIGUOUS_PARAMETERS" });
  // WebTransport sessions do not come as HTTP requests.
  if (transport === undefined || transport === "webtransport" || !rules.transports.includes(transport)) {
    return new Refusal("unknownTransport", { transport: request._query.transport });
  }
  if (sid === undefined || sid === "") return verifyHandshake(request, parameters, isUpgrade, rules);
  return verifyFollowUp(sessions.get(sid), parameters, isUpgrade);
}

/** JSONP was for browsers without cross-origin requests: those of ten years ago. */
function verifyFormat({ _query }: EngineRequest, eio: string | undefined): Refusal | undefined {
  if (protocolOf(eio) === 4 || _query.j === undefined) return undefined;
  return new Refusal("badRequest", { name: "JSONP_UNSUPPORTED" });
}

function verifyHandshake(
  request: EngineRequest,
  { transport, eio }: EngineParameters,
  isUpgrade: boolean,
  rules: Rules,
): Refusal | undefined {
  const { method } = request;
  if (method !== "GET") return new Refusal("badHandshakeMethod", { method });
  if ((transport === "websocket") !== isUpgrade) {
    return new Refusal("badRequest", { name: "TRANSPORT_HANDSHAKE_ERROR" });
  }
  return verifyProtocol(eio, rules) ?? verifyFormat(request, eio);
}

/** Without EIO=4 a client counts as one of the revision before. */
export function verifyProtocol(
  eio: string | undefined,
  rules: Pick<Rules, "allowEIO3">,
): Refusal | undefined {
  const protocol = protocolOf(eio);
  if (protocol === 4 || (rules.allowEIO3 && (eio === "3" || eio === undefined))) return undefined;
  return new Refusal("unsupportedProtocol", { protocol });
}

function verifyFollowUp(
  session: KnownSession | undefined,
  { transport, sid, eio }: EngineParameters,
  isUpgrade: boolean,
): Refusal | undefined {
  if (!session) return new Refusal("unknownSession", { sid });
  const protocol = protocolOf(eio);
  if (protocol !== session.protocol) {
    const context = { name: "PROTOCOL_MISMATCH", protocol, previousProtocol: session.protocol };
    return new Refusal("badRequest", context);
  }
  const previousTransport = session.transport.name;
  // Nobody would answer a plain request that names another transport than polling, also not one that is the session's.
  const fits = isUpgrade
    ? transport !== "polling"
    : transport === "polling" && previousTransport === "polling";
  if (!fits) {
    return new Refusal("badRequest", { name: "TRANSPORT_MISMATCH", transport, previousTransport });
  }
  return undefined;
}

export function protocolOf(eio: string | undefined): 3 | 4 {
  return eio === "4" ? 4 : 3;
}
