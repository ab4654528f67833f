/** Our client. */
import { io } from "@sockeye/client";
import { versionOf } from "../versions.mjs";
import { beGuest } from "./guest.mjs";

beGuest(`@sockeye/client ${versionOf("@sockeye/client")}`, io);
