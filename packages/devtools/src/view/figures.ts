/** Numbers of a server in words. */

/** "50,000". */
export const countText = (count: number): string => count.toLocaleString("en");

/** "3", "0.4", "1,200": events per second. */
export const rateText = (rate: number): string =>
  rate.toLocaleString("en", { maximumFractionDigits: rate < 10 ? 1 : 0 });

/** "12 s", "5 min", "3 h", "8 days". */
export function spanText(seconds: number): string {
  const units: [length: number, name: string][] = [
    [86_400, "days"],
    [3600, "h"],
    [60, "min"],
  ];
  const unit = units.find(([length]) => seconds >= 2 * length);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]}` : `${Math.floor(seconds)} s`;
}
