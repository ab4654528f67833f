/** (under construction) */
export {};
