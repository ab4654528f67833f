/** Records what crosses the wire. The panels are in `/element` and `/react`. */
export type {
  Category,
  Direction,
  Entry,
  FrameEntry,
  NoteEntry,
  PacketEntry,
  RequestEntry,
  ResponseEntry,
} from "./entry.ts";
export {
  type RecordableSocket,
  type Recording,
  type RecordingJSON,
  type RecordingSnapshot,
  type RecordOptions,
  record,
} from "./record.ts";
