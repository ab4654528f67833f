/** The account as a table. */
import type { Report } from "./run.ts";

const COLUMNS = ["sent", "delivered", "duplicated", "reordered", "lost"] as const;

/** Prints it; returns whether all promises were kept. */
export function print({ accounts, flaws }: Report, log: (line: string) => void): boolean {
  const rows = accounts.map((account) => [
    account.mode,
    ...COLUMNS.map((column) => String(account[column])),
    account.promise,
  ]);
  const table = [["mode", ...COLUMNS, "promise"], ...rows];
  const widths = table[0]?.map((_, index) => Math.max(...table.map((row) => row[index]?.length ?? 0))) ?? [];
  for (const row of table) {
    const cells = row.map((cell, index) =>
      index === 0 || index === row.length - 1
        ? cell.padEnd(widths[index] ?? 0)
        : cell.padStart(widths[index] ?? 0),
    );
    log(`  ${cells.join("  ").trimEnd()}`);
  }
  const broken = [
    ...accounts.flatMap(({ mode, broken }) => broken.map((what) => `${mode}: ${what}`)),
    ...flaws,
  ];
  for (const what of broken) log(`  BROKEN: ${what}`);
  if (broken.length > 0)
    for (const what of accounts.flatMap(({ details }) => details.slice(0, 6))) log(`    ${what}`);
  return broken.length === 0;
}
