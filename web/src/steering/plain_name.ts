/** Small letters, digits and "-", as rollouts and shared personas are named. */
export const plainName = (name: string, longest: number) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, longest).replace(/^-+|-+$/g, "") || "persona";
