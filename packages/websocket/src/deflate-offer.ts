/** Agreeing on permessage-deflate: the first offer that can be met, and the answer to it (RFC 7692, 5.1 and 7.1). */
import type { ExtensionOffer } from "./header-list.ts";
import type { DeflateSettings } from "./options.ts";

const extension = "permessage-deflate";

/** What both sides will do. */
export interface DeflateAgreement {
  /** The value of Sec-WebSocket-Extensions that says so. */
  readonly header: string;
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverWindowBits: number;
  readonly clientWindowBits: number;
}

/** An offer's parameters; a client that only says it can limit its window leaves the bits to us (`true`). */
interface Parameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  serverMaxWindowBits: number | undefined;
  clientMaxWindowBits: number | true | undefined;
}

/** @returns undefined if no offer can be met: the connection then goes without compression. */
export function agree(
  offers: readonly ExtensionOffer[],
  settings: DeflateSettings,
): DeflateAgreement | undefined {
  for (const offer of offers) {
    const parameters = offer.name === extension ? readParameters(offer) : undefined;
    const agreement = parameters === undefined ? undefined : meet(parameters, settings);
    if (agreement !== undefined) return agreement;
  }
  return undefined;
}

/** RFC 7692, 7.1: an offer with an unknown, repeated or malformed parameter MUST be declined. */
function readParameters(offer: ExtensionOffer): Parameters | undefined {
  const parameters: Parameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: undefined,
    clientMaxWindowBits: undefined,
  };
  const seen = new Set<string>();
  for (const [name, value] of offer.parameters) {
    if (seen.has(name) || !readParameter(parameters, name, value)) return undefined;
    seen.add(name);
  }
  return parameters;
}

function readParameter(parameters: Parameters, name: string, value: string | undefined): boolean {
  switch (name) {
    case "server_no_context_takeover":
      parameters.serverNoContextTakeover = true;
      return value === undefined;
    case "client_no_context_takeover":
      parameters.clientNoContextTakeover = true;
      return value === undefined;
    case "server_max_window_bits":
      parameters.serverMaxWindowBits = windowBits(value);
      return parameters.serverMaxWindowBits !== undefined;
    case "client_max_window_bits":
      parameters.clientMaxWindowBits = value === undefined ? true : windowBits(value);
      return parameters.clientMaxWindowBits !== undefined;
    default:
      return false;
  }
}

/** RFC 7692, 7.1.2: 8 to 15, decimal, without leading zeros. */
function windowBits(value: string | undefined): number | undefined {
  return value !== undefined && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : undefined;
}

function meet(offer: Parameters, settings: DeflateSettings): DeflateAgreement | undefined {
  // A client that did not say it can limit its window MUST NOT be told to (RFC 7692, 7.1.2.2).
  if (settings.clientMaxWindowBits < 15 && offer.clientMaxWindowBits === undefined) return undefined;
  const serverNoContextTakeover = offer.serverNoContextTakeover || settings.serverNoContextTakeover;
  const clientNoContextTakeover = offer.clientNoContextTakeover || settings.clientNoContextTakeover;
  const serverWindowBits = Math.min(offer.serverMaxWindowBits ?? 15, settings.serverMaxWindowBits);
  const clientCan = typeof offer.clientMaxWindowBits === "number" ? offer.clientMaxWindowBits : 15;
  const clientWindowBits = Math.min(clientCan, settings.clientMaxWindowBits);
  let header = extension;
  if (serverNoContextTakeover) header += "; server_no_context_takeover";
  if (clientNoContextTakeover) header += "; client_no_context_takeover";
  if (serverWindowBits < 15 || offer.serverMaxWindowBits !== undefined) {
    header += `; server_max_window_bits=${serverWindowBits}`;
  }
  if (clientWindowBits < 15) header += `; client_max_window_bits=${clientWindowBits}`;
  return { header, serverNoContextTakeover, clientNoContextTakeover, serverWindowBits, clientWindowBits };
}
