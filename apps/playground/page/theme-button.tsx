/** Light or dark: as the system has it, until somebody chooses. */
import { type ReactNode, useState } from "react";

type Theme = "light" | "dark";

const KEY = "sockeye-theme";

function preferred(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Shows a theme, by default the preferred one; returns it. */
export function showTheme(theme: Theme = preferred()): Theme {
  document.documentElement.dataset.theme = theme;
  return theme;
}

export function ThemeButton(): ReactNode {
  const [theme, setTheme] = useState(preferred);
  const other = theme === "dark" ? "light" : "dark";
  const choose = (): void => {
    localStorage.setItem(KEY, other);
    setTheme(showTheme(other));
  };
  return (
    <button type="button" className="theme" aria-label={`Use the ${other} theme`} onClick={choose}>
      {theme === "dark" ? "☀" : "☾"}
    </button>
  );
}
