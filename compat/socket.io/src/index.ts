/** The package socket.io, by its names. */
export * from "@sockeye/server";
export { default, default as "module.exports" } from "@sockeye/server";
