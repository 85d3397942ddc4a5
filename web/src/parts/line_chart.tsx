import { useEffect, useRef, useState } from "preact/hooks";
import { colour } from "../theme";
import "uplot/dist/uPlot.min.css";

interface Line {
  name: string;
  /** A colour's name in the style sheet. */
  colour: string;
  values: (number | null)[];
  dashed?: boolean;
  points?: boolean;
}

interface Props {
  /** What it shows, in a sentence that says as much as the picture. */
  summary: string;
  x: number[];
  xName: string;
  lines: Line[];
  height?: number;
}

function useThemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const change = () => setChanges((n) => n + 1);
    const system = matchMedia("(prefers-color-scheme: dark)");
    const chosen = new MutationObserver(change);
    system.addEventListener("change", change);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      system.removeEventListener("change", change);
      chosen.disconnect();
    };
  }, []);
  return changes;
}

export function LineChart({ summary, x, xName, lines, height = 180 }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const changes = useThemeChanges();
  useEffect(() => {
    let remove: (() => void) | null = null;
    let left = false;
    void import("./chart").then(({ draw }) => {
      if (left || !box.current) return;
      const drawn = lines.map((line) => ({ ...line, colour: colour(line.colour) }));
      remove = draw(box.current, { x, xName, lines: drawn, height, text: colour("--quiet"), grid: colour("--line") });
    });
    return () => {
      left = true;
      remove?.();
    };
  }, [x, lines, changes]);
  return (
    <figure class="chart">
      <div ref={box} role="img" aria-label={summary} style={{ height: `${height}px` }} />
      <figcaption>
        {lines.map((line) => (
          <span key={line.name} class={`key ${line.dashed ? "dashed" : ""}`} style={{ "--stroke": `var(${line.colour})` }}>{line.name}</span>
        ))}
      </figcaption>
    </figure>
  );
}
