// Lines on a canvas by uPlot. Loaded when the first chart is shown.
import uPlot from "uplot";

export interface Line {
  name: string;
  colour: string;
  values: (number | null)[];
  dashed?: boolean;
  points?: boolean;
}

export interface Chart {
  x: number[];
  xName: string;
  lines: Line[];
  height: number;
  text: string;
  grid: string;
}

const series = (line: Line): uPlot.Series => ({
  label: line.name,
  stroke: line.colour,
  width: 2,
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

/** Draws into the element, as wide as it is; returns what takes it away again. */
export function draw(element: HTMLElement, chart: Chart): () => void {
  const plot = new uPlot(
    {
      width: Math.max(element.clientWidth, 200),
      height: chart.height,
      padding: [10, 14, 0, 0],
      cursor: { y: false },
      legend: { show: false },
      scales: { x: { time: false } },
      axes: [axis(chart, { label: chart.xName, labelSize: 20, size: 34 }), axis(chart, { size: 46 })],
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
