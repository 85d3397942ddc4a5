// Lines on a canvas by uPlot. Loaded when the first chart is shown.
import uPlot from "uplot";

export interface Line {
  name: string;
  colour: string;
  values: (number | null)[];
  dashed?: boolean;
  thin?: boolean;
  points?: boolean;
}

export interface Chart {
  x: number[];
  xName: string;
  lines: Line[];
  height: number;
  /** Lines between which it is tinted: upper and lower. */
  band: [number, number] | null;
  /** Null: whatever the values take. */
  range: [number, number] | null;
  time: boolean;
  text: string;
  grid: string;
}

const series = (line: Line): uPlot.Series => ({
  label: line.name,
  stroke: line.colour,
  width: line.thin ? 1 : 2,
  points: { show: line.points ?? false, size: 7, fill: line.colour },
  ...(line.dashed ? { dash: [5, 4] } : {}),
});

const axis = (chart: Chart, more: uPlot.Axis = {}): uPlot.Axis => ({
  stroke: chart.text,
  grid: { stroke: chart.grid, width: 1 },
  ticks: { stroke: chart.grid, width: 1 },
  font: "12px system-ui, sans-serif",
  labelFont: "12px system-ui, sans-serif",
  ...more,
});

/** A hexadecimal colour, mostly transparent. */
const faint = (colour: string) => `${colour}30`;

function bandsOf({ band, lines }: Chart): uPlot.Band[] {
  if (!band) return [];
  const [upper, lower] = band;
  return [{ series: [upper + 1, lower + 1], fill: faint(lines[upper]!.colour) }];
}

/** Draws into the element, as wide as it is; returns what takes it away again. */
export function draw(element: HTMLElement, chart: Chart): () => void {
  const plot = new uPlot(
    {
      width: Math.max(element.clientWidth, 200),
      height: chart.height,
      padding: [10, 14, 0, 0],
      cursor: { y: false },
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { x: { time: chart.time }, ...(chart.range ? { y: { range: chart.range } } : {}) },
      bands: bandsOf(chart),
      axes: [axis(chart, { label: chart.xName, labelSize: 20, size: 34 }), axis(chart, { size: 50 })],
      series: [{}, ...chart.lines.map(series)],
    },
    [chart.x, ...chart.lines.map((line) => line.values)],
    element,
  );
  const sizes = new ResizeObserver(() => element.clientWidth > 0 && plot.setSize({ width: element.clientWidth, height: chart.height }));
  sizes.observe(element);
  return () => {
    sizes.disconnect();
    plot.destroy();
  };
}
