/** socket.io-client from npm. */
import { io } from "socket.io-client";
import { versionOf } from "../versions.mjs";
import { beGuest } from "./guest.mjs";

beGuest(`socket.io-client ${versionOf("socket.io-client")}`, io);
