"use strict";
(() => {
  const data = JSON.parse(document.getElementById("chart-data").textContent);
  const charts = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const roleColour = (role) => colour("role-" + role) || colour("role-none");
  const number = (x) => (x === null || x === undefined ? "none" : x.toFixed(2));
  const finite = (values) => values.filter((x) => typeof x === "number");

  // Bars: interval whiskers, and the line where a vector does as much as the native one.
  const whiskers = {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area } = chart;
      const sideways = chart.options.indexAxis === "y";
      const axis = chart.scales[sideways ? "x" : "y"];
      const at = (value) => Math.min(Math.max(axis.getPixelForValue(value), sideways ? area.left : area.top),
        sideways ? area.right : area.bottom);
      const line = (x0, y0, x1, y1) => { ctx.beginPath(); ctx.moveTo(x0, y0); ctx.lineTo(x1, y1); ctx.stroke(); };
      ctx.save();
      ctx.strokeStyle = colour("ink");
      ctx.lineWidth = 1;
      chart.data.datasets.forEach((set, s) => {
        if (!chart.isDatasetVisible(s)) return;
        chart.getDatasetMeta(s).data.forEach((bar, i) => {
          if (set.low[i] === null || set.high[i] === null) return;
          const low = at(set.low[i]);
          const high = at(set.high[i]);
          const cap = Math.min(3, (sideways ? bar.height : bar.width) / 3);
          if (sideways) {
            line(low, bar.y, high, bar.y); line(low, bar.y - cap, low, bar.y + cap); line(high, bar.y - cap, high, bar.y + cap);
          } else {
            line(bar.x, low, bar.x, high); line(bar.x - cap, low, bar.x + cap, low); line(bar.x - cap, high, bar.x + cap, high);
          }
        });
      });
      ctx.restore();
    },
  };
  const nativeLine = {
    id: "nativeLine",
    beforeDatasetsDraw(chart) {
      if (data.bars.quantity !== "recovery") return;
      const { ctx, chartArea: area } = chart;
      const sideways = chart.options.indexAxis === "y";
      const at = chart.scales[sideways ? "x" : "y"].getPixelForValue(1);
      ctx.save();
      ctx.strokeStyle = colour("role-native");
      ctx.fillStyle = colour("role-native");
      ctx.lineWidth = 2;
      ctx.setLineDash([6, 4]);
      ctx.beginPath();
      if (sideways) { ctx.moveTo(at, area.top); ctx.lineTo(at, area.bottom); } else { ctx.moveTo(area.left, at); ctx.lineTo(area.right, at); }
      ctx.stroke();
      ctx.font = "600 12px system-ui, sans-serif";
      ctx.textBaseline = "bottom";
      if (sideways) { ctx.textAlign = "center"; ctx.fillText("native = 1", at, area.top - 5); } else { ctx.textAlign = "right"; ctx.fillText("native = 1", area.right, at - 5); }
      ctx.restore();
    },
  };

  const emptyTasks = {
    id: "emptyTasks",
    afterDatasetsDraw(chart) {
      if (data.bars.quantity !== "recovery") return;
      const { ctx, scales } = chart;
      const sideways = chart.options.indexAxis === "y";
      ctx.save();
      ctx.fillStyle = colour("muted");
      ctx.font = "12px system-ui, sans-serif";
      ctx.textBaseline = sideways ? "middle" : "bottom";
      ctx.textAlign = sideways ? "left" : "center";
      data.bars.tasks.forEach((task, i) => {
        if (data.bars.series.some((s) => s.values[i] !== null)) return;
        const along = scales[sideways ? "y" : "x"].getPixelForValue(i);
        const zero = scales[sideways ? "x" : "y"].getPixelForValue(0);
        if (sideways) { ctx.fillText("no native effect", zero + 6, along); } else { ctx.fillText("no native effect", along, zero - 6); }
      });
      ctx.restore();
    },
  };

  const axisStyle = (title) => ({
    title: { display: Boolean(title), text: title, color: colour("muted") },
    ticks: { color: colour("muted") },
    grid: { color: colour("line"), borderColor: colour("line") },
  });
  const legend = () => ({ position: "top", align: "start", labels: { color: colour("ink"), boxWidth: 12, boxHeight: 12, padding: 12 } });

  // Wild intervals must not squash everything else: the axis is cut, the table has the numbers.
  const barRange = () => {
    const all = finite(data.bars.series.flatMap((s) => [...s.values, ...s.low, ...s.high]));
    const isRecovery = data.bars.quantity === "recovery";
    const top = Math.max(isRecovery ? 1.15 : 0, ...all);
    const bottom = Math.min(0, ...all);
    return isRecovery ? { min: Math.max(-1, Math.floor(bottom * 5) / 5), max: Math.min(2.4, Math.ceil(top * 5) / 5) } : {};
  };

  function drawBars() {
    const canvas = document.getElementById("bars");
    if (!canvas) return;
    const { tasks, series, quantity } = data.bars;
    const box = document.getElementById("bars-box");
    const sideways = box.clientWidth < 640;
    box.style.height = sideways ? 130 + tasks.length * (series.length * 11 + 16) + "px" : "";
    const valueAxis = { ...axisStyle(quantity), ...barRange() };
    const taskAxis = { ...axisStyle(""), grid: { display: false, borderColor: colour("line") } };
    charts.push(new Chart(canvas, {
      type: "bar",
      data: {
        labels: tasks,
        datasets: series.map((s) => ({
          label: s.title, data: s.values, low: s.low, high: s.high, backgroundColor: roleColour(s.role),
          categoryPercentage: 0.82, barPercentage: 0.92,
        })),
      },
      options: {
        indexAxis: sideways ? "y" : "x",
        animation: false, responsive: true, maintainAspectRatio: false,
        layout: { padding: { top: sideways ? 14 : 0 } },
        scales: sideways ? { x: valueAxis, y: taskAxis } : { y: valueAxis, x: taskAxis },
        plugins: {
          legend: legend(),
          tooltip: { callbacks: { label: (item) => {
            const set = item.dataset;
            return set.label + " " + number(set.data[item.dataIndex]) + " [" + number(set.low[item.dataIndex]) + ", " + number(set.high[item.dataIndex]) + "]";
          } } },
        },
      },
      plugins: [nativeLine, whiskers, emptyTasks],
    }));
    if (quantity !== "recovery") {
      document.getElementById("bars-caption").textContent =
        "Value of the primary metric. Whiskers are 95% intervals over templates and items. No recovery is shown: no native vector gains enough.";
    }
  }

  function drawDose(chart, index) {
    const canvas = document.getElementById("dose-" + index);
    const sets = chart.series.flatMap((s) => [
      { label: s.vector, yAxisID: "y", data: s.points.map((p) => ({ x: p.dose, y: p.value })), borderColor: roleColour(s.role),
        backgroundColor: roleColour(s.role), borderWidth: 2, pointRadius: 3 },
      { label: s.vector + " KL", yAxisID: "kl", data: s.points.map((p) => ({ x: p.dose, y: p.kl })), borderColor: roleColour(s.role),
        backgroundColor: roleColour(s.role), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0 },
    ]);
    charts.push(new Chart(canvas, {
      type: "line",
      data: { datasets: sets },
      options: {
        animation: false, responsive: true, maintainAspectRatio: false, interaction: { mode: "nearest", intersect: false },
        scales: {
          x: { type: "linear", ...axisStyle("dose, σ") },
          y: { ...axisStyle(chart.metric), suggestedMin: 0, suggestedMax: 1 },
          kl: { ...axisStyle("KL, nat"), position: "right", min: 0, grid: { drawOnChartArea: false, borderColor: colour("line") } },
        },
        plugins: {
          legend: { ...legend(), labels: { ...legend().labels, filter: (item) => !item.text.endsWith(" KL") } },
          tooltip: { callbacks: {
            title: (items) => "dose " + number(items[0].parsed.x),
            label: (item) => item.dataset.label + " " + number(item.parsed.y),
          } },
        },
      },
    }));
  }

  function draw() {
    charts.splice(0).forEach((chart) => chart.destroy());
    drawBars();
    data.dose.forEach(drawDose);
  }

  const readout = document.getElementById("heat-readout");
  if (readout) {
    const idle = readout.textContent;
    const map = document.querySelector(".heat-map");
    map.addEventListener("mouseover", (event) => { readout.textContent = event.target.closest("td[title]")?.title || idle; });
    map.addEventListener("mouseleave", () => { readout.textContent = idle; });
  }

  const narrow = matchMedia("(max-width: 700px)");
  narrow.addEventListener("change", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("beforeprint", () => { document.documentElement.classList.add("printing"); draw(); });
  addEventListener("afterprint", () => { document.documentElement.classList.remove("printing"); draw(); });
  draw();
})();
