/** What a fuzz run found: how many connections were closed and messages told, errors by code, bytes of growth. */
export interface FuzzResult {
  closed: number;
  messages: number;
  errors: Map<string, number>;
  grown: number;
}
export function fuzz(count: number, seed?: number): Promise<FuzzResult>;
