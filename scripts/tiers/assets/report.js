// Draws the charts of the language that is shown, and switches between languages.
"use strict";
const figures = JSON.parse(document.getElementById("figures").textContent);
const mains = [...document.querySelectorAll("main")];
const buttons = [...document.querySelectorAll("nav button")];
const charts = [];

const base = (description, format) => ({
  animation: false,
  aria: { enabled: true, label: { description } },
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
  // Rich text is drawn, never read as HTML, whatever a label holds.
  tooltip: { renderMode: "richText", confine: true, valueFormatter: format },
});

function stacked(measure, lang, description) {
  const compact = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 1 });
  const exact = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
  const option = base(description, (value) => exact.format(value));
  option.tooltip.trigger = "axis";
  option.tooltip.axisPointer = { type: "shadow" };
  option.tooltip.order = "seriesDesc";
  option.grid = { left: 52, right: 8, top: 12, bottom: 28 };
  option.xAxis = { type: "category", data: figures.reviews, axisTick: { show: false }, axisLabel: { color: "#5a6575", hideOverlap: true } };
  option.yAxis = { type: "value", splitNumber: 4, axisLabel: { color: "#5a6575", formatter: (value) => compact.format(value) }, splitLine: { lineStyle: { color: "#dfe4ea" } } };
  // From the lowest tier up, so that the best one lies on top.
  option.series = [...figures.tiers].reverse().map((tier) => ({
    type: "bar",
    name: tier[lang],
    stack: "tiers",
    barCategoryGap: figures.reviews.length > 60 ? "0%" : "18%",
    itemStyle: { color: tier.colour, borderColor: "#fff", borderWidth: figures.reviews.length > 60 ? 0 : 0.5 },
    data: figures.sums.map((review) => review[tier.tier]?.[measure] ?? 0),
  }));
  return option;
}

function movements(lang, description) {
  const exact = new Intl.NumberFormat(lang);
  const tiers = new Map(figures.tiers.map((tier) => [tier.tier, tier]));
  const moves = figures.moves.filter((move) => move.direction !== "stayed");
  const label = (tier) => tiers.get(tier)?.[lang] ?? figures.entered[lang];
  const node = (side, tier) => ({
    name: JSON.stringify([side, tier]),
    depth: side,
    itemStyle: { color: tiers.get(tier)?.colour ?? "#7a8594" },
    label: { position: side ? "left" : "right", formatter: () => label(tier) },
  });
  const order = [...tiers.keys(), null];
  const nodes = [0, 1].flatMap((side) =>
    order.filter((tier) => moves.some((move) => (side ? move.to : move.from) === tier)).map((tier) => node(side, tier)),
  );
  const colours = { upgraded: "#1f6fbf", downgraded: "#d66a00", entered: "#7a8594" };
  const option = base(description, (value) => exact.format(value));
  option.tooltip.formatter = ({ data }) =>
    data.move ? `${label(data.move.from)} → ${label(data.move.to)}\n${figures.customers[lang]}: ${exact.format(data.move.customers)}` : "";
  option.series = {
    type: "sankey",
    left: 4, right: 4, top: 8, bottom: 8,
    nodeGap: 14, nodeWidth: 14, layoutIterations: 0, draggable: false,
    label: { color: "#1f2733", fontSize: 13, textBorderColor: "#fff", textBorderWidth: 3 },
    data: nodes,
    links: moves.map((move) => ({
      source: JSON.stringify([0, move.from]),
      target: JSON.stringify([1, move.to]),
      value: move.customers,
      move,
      lineStyle: { color: colours[move.direction], opacity: 0.4 },
    })),
  };
  return option;
}

const axis = { axisTick: { show: false }, axisLabel: { color: "#5a6575", hideOverlap: true } };
const grid = { left: 52, right: 16, top: 12, bottom: 28 };

function curve(lang, description) {
  const option = base(description, (value) => `${Number(value).toFixed(1)} %`);
  const percent = { ...axis, type: "value", max: 100, splitLine: { lineStyle: { color: "#dfe4ea" } }, axisLabel: { color: "#5a6575", formatter: "{value} %" } };
  option.tooltip.trigger = "axis";
  option.grid = grid;
  option.xAxis = { ...percent, min: 0 };
  option.yAxis = percent;
  // Where A and B end, the line has a point with their letter.
  const marked = (letter) => letter === "A" || letter === "B";
  option.series = figures.curves.map((line) => ({
    type: "line",
    name: line.name[lang],
    symbol: "none",
    lineStyle: { color: line.colour, width: 2.5 },
    itemStyle: { color: line.colour },
    data: [[0, 0, null], ...line.points].map(([customers, value, ends]) => ({
      value: [customers, value],
      ...(marked(ends) && { symbol: "circle", symbolSize: 9, label: { show: true, position: "bottom", formatter: ends, color: line.colour, fontWeight: "bold" } }),
    })),
  }));
  return option;
}

function validation(lang, description) {
  const exact = new Intl.NumberFormat(lang, { maximumFractionDigits: 0 });
  const option = base(description, (value) => exact.format(value));
  option.tooltip.trigger = "axis";
  option.tooltip.axisPointer = { type: "shadow" };
  option.grid = grid;
  option.xAxis = { ...axis, type: "category", data: figures.validation.groups };
  option.yAxis = { type: "value", splitNumber: 4, axisLabel: { color: "#5a6575" }, splitLine: { lineStyle: { color: "#dfe4ea" } } };
  option.series = figures.validation.bars.map((bar) => ({ type: "bar", name: bar.name[lang], itemStyle: { color: bar.colour }, data: bar.orders }));
  return option;
}

function show(lang) {
  charts.splice(0).forEach((chart) => chart.dispose());
  mains.forEach((main) => (main.hidden = main.lang !== lang));
  buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.lang === lang)));
  const main = mains.find((main) => main.lang === lang);
  document.documentElement.lang = lang;
  document.title = main.dataset.title;
  const measures = { sizes: "customers", revenue_over_time: "monetary", profit_over_time: "net_profit" };
  for (const place of main.querySelectorAll(".chart")) {
    const chart = echarts.init(place, null, { renderer: "svg" });
    const { chart: name, description } = place.dataset;
    const draw = { movements, curve, validation }[name];
    chart.setOption(draw ? draw(lang, description) : stacked(measures[name], lang, description));
    charts.push(chart);
  }
}

buttons.forEach((button) => button.addEventListener("click", () => show(button.lang)));
addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
const isChosen = "chosen" in document.documentElement.dataset;
const reads = (lang) => navigator.language.toLowerCase().startsWith(lang);
show((!isChosen && buttons.map((button) => button.lang).find(reads)) || document.documentElement.lang);
