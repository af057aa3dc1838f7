import picocolors from 'picocolors';
import { formatNumber } from './format.ts';

const BARS = '▁▂▃▄▅▆▇█';

/** Values over time as a line of bars, the lowest to the highest; the means of neighbours where there are many. */
export function sparkline(values: readonly number[], width = 24): string {
  if (values.length < 2) return '';
  const count = Math.min(width, values.length);
  const means = Array.from({ length: count }, (_, index) => {
    const part = values.slice(
      Math.floor((index * values.length) / count),
      Math.floor(((index + 1) * values.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const step = (value: number) => (high === low ? 0 : Math.round(((value - low) / (high - low)) * 7));
  return means.map((value) => BARS[step(value)]).join('');
}

/** A metric's last value, and how it came there. @param values over time @default none are known */
export function metricText(value: number, values: readonly number[] = []): string {
  const way = sparkline(values);
  return way === '' ? formatNumber(value) : `${formatNumber(value)}  ${picocolors.cyan(way)}`;
}
