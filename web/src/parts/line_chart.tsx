import { useEffect, useRef, useState } from "preact/hooks";
import { colour } from "../theme";
import "uplot/dist/uPlot.min.css";

export interface Line {
  name: string;
  /** A colour's name in the style sheet. */
  colour: string;
  values: (number | null)[];
  dashed?: boolean;
  thin?: boolean;
  points?: boolean;
}

interface Props {
  /** What it shows, in a sentence that says as much as the picture. */
  summary: string;
  x: number[];
  xName: string;
  lines: Line[];
  height?: number;
  /** Between which of the lines it is tinted: the upper one and the lower one. */
  band?: [number, number];
  /** What of the values is shown; default: all. */
  range?: [number, number] | null;
  /** x are seconds since 1970, shown in UTC. */
  time?: boolean;
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

export function LineChart({ summary, x, xName, lines, height = 180, band, range = null, time = false }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const changes = useThemeChanges();
  useEffect(() => {
    let remove: (() => void) | null = null;
    let left = false;
    void import("./chart").then(({ draw }) => {
      if (left || !box.current) return;
      const drawn = lines.map((line) => ({ ...line, colour: colour(line.colour) }));
      remove = draw(box.current, { x, xName, lines: drawn, height, band: band ?? null, range, time, text: colour("--quiet"), grid: colour("--line") });
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
        {lines.filter((line) => line.name !== "").map((line) => (
          <span key={line.name} class={`key ${line.dashed ? "dashed" : ""} ${line.thin ? "span" : ""}`} style={{ "--stroke": `var(${line.colour})` }}>{line.name}</span>
        ))}
      </figcaption>
    </figure>
  );
}
