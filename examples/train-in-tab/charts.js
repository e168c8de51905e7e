// Four live curves of a training log. Drawn once a frame at most, from at most POINTS points.
const POINTS = 300;
const WIDTH = 300;
const HEIGHT = 100;
const SVG = 'http://www.w3.org/2000/svg';

const CURVES = [
  { key: 'loss', title: 'Loss' },
  { key: 'fvu', title: 'Unexplained (FVU)' },
  { key: 'l0', title: 'Active features (L0)' },
  { key: 'dead', title: 'Dead features' },
];

const number = (value, digits = 3) =>
  Number.isInteger(value) || Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en')
    : value.toPrecision(digits);

/** With as many digits as tell the two apart: a curve between 4.00 and 4.00 says nothing. */
function range(low, high) {
  if (low === high) return 'constant';
  let digits = 3;
  while (digits < 9 && number(low, digits) === number(high, digits)) digits++;
  return `${number(low, digits)} to ${number(high, digits)}`;
}

/** Fills `root`; returns the function that shows a log. */
export function charts(root) {
  const figures = CURVES.map(({ key, title }) => {
    const figure = document.createElement('figure');
    const caption = document.createElement('figcaption');
    const value = document.createElement('b');
    caption.append(title, value);
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('role', 'img');
    const line = document.createElementNS(SVG, 'polyline');
    svg.append(line);
    const ends = document.createElement('div');
    ends.className = 'ends';
    figure.append(caption, svg, ends);
    root.append(figure);
    return { key, title, value, svg, line, ends };
  });
  let waiting;
  const draw = () => {
    const log = waiting;
    waiting = undefined;
    for (const figure of figures) drawOne(figure, log);
  };
  return (log) => {
    if (waiting === undefined) requestAnimationFrame(draw);
    waiting = log;
  };
}

function drawOne({ key, title, value, svg, line, ends }, log) {
  const every = Math.max(1, Math.ceil(log.length / POINTS));
  const shown = log.filter((_, i) => i % every === 0 || i === log.length - 1);
  let low = Infinity;
  let high = -Infinity;
  for (const point of shown) {
    low = Math.min(low, point[key]);
    high = Math.max(high, point[key]);
  }
  const last = log.at(-1);
  const end = last?.step || 1;
  line.setAttribute(
    'points',
    shown
      .map(
        (p) =>
          `${((WIDTH * p.step) / end).toFixed(1)},${(4 + (HEIGHT - 8) * (high > low ? (high - p[key]) / (high - low) : 0.5)).toFixed(1)}`,
      )
      .join(' '),
  );
  value.textContent = last ? number(last[key]) : '';
  ends.textContent = last ? range(low, high) : ' ';
  svg.setAttribute(
    'aria-label',
    last ? `${title}: ${number(last[key])} at step ${last.step}` : `${title}: no data yet`,
  );
}
