// Describes a table. The event is {"csv": "<text>", "title": "...", "chart": "<column>"}; the first line names the
// columns. The answer has, per column, its type and figures, and a self-contained HTML page with the largest values of
// the chart's column as bars, labelled by the first text column.

export const handler = async (event) => {
  const [columns, ...rows] = parseCsv(event.csv ?? fail('the event must have "csv"'));
  if (!columns) fail("the table is empty");
  const complete = rows.filter((row) => row.length === columns.length);
  const described = columns.map((name, index) => describe(name, complete.map((row) => row[index])));

  const chart = pickChart(event.chart, described);
  const labels = described.findIndex((column) => column.type === "text");
  const bars = chart < 0 ? [] : largest(complete, chart, labels, 12);
  console.log(`${complete.length} rows, ${columns.length} columns, ${rows.length - complete.length} rows left out`);
  return {
    rows: complete.length,
    incomplete_rows: rows.length - complete.length,
    columns: described,
    largest: bars,
    html: page(event.title ?? "Table", described, bars, chart < 0 ? "" : columns[chart]),
  };
};

function fail(message) {
  throw new RangeError(message);
}

// RFC 4180: fields in quotes may hold commas, line ends and doubled quotes.
export function parseCsv(text) {
  const rows = [];
  let row = [];
  let field = "";
  let quoted = false;
  const endField = () => {
    row.push(field);
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"' && field === "") quoted = true;
    else if (c === ",") endField();
    else if (c === "\n") endRow();
    else if (c !== "\r") field += c;
  }
  endRow();
  return rows;
}

function describe(name, values) {
  const present = values.filter((value) => value !== "");
  const column = { name, type: "text", empty: values.length - present.length, distinct: new Set(present).size };
  const numbers = present.map(Number);
  if (present.length === 0 || numbers.some((number) => !Number.isFinite(number))) return column;

  numbers.sort((a, b) => a - b);
  const sum = numbers.reduce((total, number) => total + number, 0);
  const middle = numbers.length >> 1;
  return {
    ...column,
    type: "number",
    sum: round(sum),
    min: numbers[0],
    max: numbers.at(-1),
    mean: round(sum / numbers.length),
    median: numbers.length % 2 ? numbers[middle] : round((numbers[middle - 1] + numbers[middle]) / 2),
  };
}

function round(number) {
  return Math.round(number * 100) / 100;
}

function pickChart(wanted, columns) {
  const index = columns.findIndex((column) => (wanted ? column.name === wanted : column.type === "number"));
  if (wanted && columns[index]?.type !== "number") fail(`there is no column of numbers called "${wanted}"`);
  return index;
}

function largest(rows, column, labels, count) {
  return rows
    .map((row, index) => ({ label: labels < 0 ? `row ${index + 1}` : row[labels], value: Number(row[column]) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, count);
}

function page(title, columns, bars, chart) {
  const figures = columns.map((column) => {
    const cells = [column.name, column.type, column.distinct, column.min, column.median, column.mean, column.max];
    return `<tr>${cells.map((cell) => `<td>${escape(cell ?? "")}</td>`).join("")}</tr>`;
  });
  const longest = Math.max(1, ...bars.map((bar) => bar.value));
  const drawn = bars.map((bar, index) => {
    const y = index * 22;
    const width = Math.max(0, (bar.value / longest) * 400).toFixed(1);
    return (
      `<text x="190" y="${y + 14}" text-anchor="end">${escape(bar.label)}</text>` +
      `<rect x="200" y="${y}" width="${width}" height="18"/><text x="${205 + Number(width)}" y="${y + 14}">${bar.value}</text>`
    );
  });
  return `<!doctype html><meta charset="utf-8"><title>${escape(title)}</title>
<style>body{font:14px sans-serif;margin:2em}td,th{padding:2px 12px;text-align:left}rect{fill:#4a7}svg{font-size:12px}</style>
<h1>${escape(title)}</h1>
<table><tr><th>column<th>type<th>distinct<th>least<th>median<th>mean<th>most</tr>${figures.join("")}</table>
<h2>${escape(chart)}</h2>
<svg width="720" height="${bars.length * 22}">${drawn.join("")}</svg>
`;
}

function escape(value) {
  return String(value).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
}
