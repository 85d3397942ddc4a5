// Light or dark: as the system says until the person says otherwise.
import { lasting } from "./keep/keeper";

export type Theme = "system" | "light" | "dark";
const themes: Theme[] = ["system", "light", "dark"];

export const currentTheme = (): Theme => themes.find((theme) => theme === lasting.read("theme")) ?? "system";

export function applyTheme(theme = currentTheme()): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

export function keepTheme(theme: Theme): void {
  lasting.write("theme", theme);
  applyTheme(theme);
}

/** Charts draw on a canvas and must be told. */
export const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
