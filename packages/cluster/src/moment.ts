/** Moments of a server: what it had handed on by then, and what had been said by then and was still to come by the log. */
import type { Mark } from "./head-start.ts";
import type { Logged, NodeId } from "./message.ts";

/** A broadcast that is in the log, or on its way there. */
export interface Said {
  readonly order: Logged;
  /** Who appends it. */
  readonly from: NodeId;
  /** Infinity while it is on its way. */
  readonly position: number;
}

/** A position of the log; with marks where what was said before may come after that position. */
export type Moment = number | { readonly position: number; readonly marks: readonly Mark[] };

const NONE: readonly Mark[] = [];

/** Servers on which a client was while they could not reach the log: so many of them are remembered, the latest. */
const MAX_MARKS = 4;

export function momentOf(position: number, marks: readonly Mark[]): Moment {
  return marks.length === 0 ? position : { position, marks };
}

export function positionOf(moment: Moment): number {
  return typeof moment === "number" ? moment : moment.position;
}

export function marksOf(moment: Moment): readonly Mark[] {
  return typeof moment === "number" ? NONE : moment.marks;
}

/** Whether a broadcast is among those up to these marks. */
export function isMarked(marks: readonly Mark[], { order, from }: Pick<Said, "order" | "from">): boolean {
  return marks.some(({ node, number }) => node === from && order.copy <= number);
}

/**
 * What a client has had on its last server besides what it had had on those before. Who comes back to a server while that
 * reads the log is told the marks of what is read, which may be less than it has had.
 */
export function markedBy(earlier: readonly Mark[], mark: Mark | undefined): readonly Mark[] {
  if (!mark) return earlier;
  const { node } = mark;
  const others = earlier.filter((each) => each.node !== node);
  const known = earlier.find((each) => each.node === node)?.number ?? 0;
  return [...others, { node, number: Math.max(known, mark.number) }].slice(-MAX_MARKS);
}

/** Whether it had been said by then. */
export function isBefore(said: Said, moment: Moment): boolean {
  return said.position <= positionOf(moment) || isMarked(marksOf(moment), said);
}

/** Whether all that had been said by `earlier` had been by `later`. */
export function isWithin(earlier: Moment, later: Moment): boolean {
  const marks = marksOf(later);
  return (
    positionOf(earlier) <= positionOf(later) &&
    marksOf(earlier).every((mark) =>
      marks.some((each) => each.node === mark.node && mark.number <= each.number),
    )
  );
}
