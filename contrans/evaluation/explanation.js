"use strict";
(() => {
  const { layers } = JSON.parse(document.getElementById("chart-data").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const line = (label, key, colour, dash) => ({
    label, data: layers.map((layer) => layer[key]), borderColor: colour, backgroundColor: colour, borderDash: dash,
    pointRadius: 2, tension: 0,
  });
  const chart = new Chart(document.getElementById("layers"), {
    type: "line",
    data: {
      labels: layers.map((layer) => layer.layer),
      datasets: [line("change", "change", "#888888", []), line("along the concept", "along", "#e08a00", []),
        line("usual that way", "usual", "#3377dd", [4, 4])],
    },
    options: {
      animation: false,
      aspectRatio: 2.6,
      interaction: { mode: "index", intersect: false },
      scales: { x: { title: { display: true, text: "layer" } }, y: { title: { display: true, text: "σ" } } },
    },
  });
  const paint = () => {
    const ink = dark.matches ? "#dddddd" : "#333333";
    const grid = dark.matches ? "#444444" : "#dddddd";
    for (const axis of Object.values(chart.options.scales)) {
      axis.ticks = { ...axis.ticks, color: ink };
      axis.grid = { ...axis.grid, color: grid };
      axis.title.color = ink;
    }
    chart.options.plugins.legend.labels.color = ink;
    chart.update();
  };
  dark.addEventListener("change", paint);
  paint();
})();
