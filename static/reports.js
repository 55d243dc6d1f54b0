// Draws the pictures of reports beside their tables. Everything stands in the tables, too.
import { init } from "./vendor/echarts/index.js";

// Told apart by the colour-blind and in grey print; patterns tell them apart as well.
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];
const LONG = 6;
const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");

function ink(name) {
  return paper.matches ? "#1b2631" : getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function series({ name, values }, shape, lying, unit) {
  const told = (value) => (value || (unit && value === 0) ? `${value}${unit}` : "");
  const label = { show: values.length <= 16 && shape === "bar", position: lying ? "right" : "top", color: ink("--soft"), formatter: ({ value }) => told(value) };
  return { name, type: shape, data: values, label, barMaxWidth: 26, symbolSize: 7, lineStyle: { width: 2.5 } };
}

function option({ names, series: told, shape = "bar", unit = "" }) {
  const lying = shape === "bar" && names.some((name) => name.length > LONG || names.length > 5);
  const axis = { axisLabel: { color: ink("--soft") }, axisLine: { lineStyle: { color: ink("--rule") } } };
  const words = { ...axis, type: "category", data: names, inverse: lying, axisTick: { show: false }, axisLabel: { color: ink("--ink"), width: 120, overflow: "truncate", interval: lying ? 0 : "auto" } };
  const count = { ...axis, type: "value", minInterval: unit ? 0 : 1, max: unit ? 100 : null, splitLine: { lineStyle: { color: ink("--line") } }, axisLabel: { color: ink("--soft"), formatter: `{value}${unit}`, hideOverlap: true } };
  return {
    animation: false,
    color: COLOURS,
    aria: { enabled: true, label: { enabled: false }, decal: { show: shape === "bar" && told.length > 1 } },
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    legend: { show: told.length > 1, top: 0, textStyle: { color: ink("--ink") } },
    grid: { left: 8, right: 44, top: told.length > 1 ? 36 : 12, bottom: 8, containLabel: true },
    xAxis: lying ? count : words,
    yAxis: lying ? words : count,
    series: told.map((one) => series(one, shape, lying, unit)),
  };
}

function draw(place, told) {
  const lines = told.shape === "line" ? 0 : told.names.length * Math.max(told.series.length, 1.4);
  place.style.height = `${Math.max(220, 60 + lines * 17)}px`;
  const chart = init(place, null, { renderer: "canvas" });
  const paint = () => chart.setOption(option(told), true);
  paint();
  new ResizeObserver(() => chart.resize()).observe(place);
  for (const query of [dark, paper]) query.addEventListener("change", paint);
}

for (const board of document.querySelectorAll("[data-charts]")) {
  const answer = await fetch(board.dataset.charts, { headers: { Accept: "application/json" } });
  const told = answer.ok ? await answer.json() : [];
  for (const place of board.querySelectorAll("[data-chart]")) {
    const mine = told.find(({ id }) => id === place.dataset.chart);
    if (mine) draw(place, mine);
    else place.hidden = true;
  }
}
