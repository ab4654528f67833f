/** The child's side of `child.mjs`: one function per question; ends when its parent does. */
import { createInterface } from "node:readline";

/** @typedef {Record<string, (details: any) => unknown>} Questions */

/** @param {Questions} questions */
export function answer(questions) {
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the parent decides
  createInterface({ input: process.stdin })
    .on("line", (line) => void reply(questions, JSON.parse(line)))
    .on("close", () => process.exit());
}

/**
 * @param {Questions} questions
 * @param {{ id: number, question: string, details: unknown }} asked
 */
async function reply(questions, { id, question, details }) {
  try {
    const ask = questions[question];
    if (!ask) throw new Error(`does not know the question "${question}"`);
    say({ id, answer: await ask(details) });
  } catch (error) {
    say({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

/** @param {object} message */
function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
