/** What a unit measures, and how many of the base (seconds, bytes) it is. */
const UNITS: Readonly<Record<string, readonly ['time' | 'size', number]>> = {
  ms: ['time', 0.001],
  s: ['time', 1],
  sec: ['time', 1],
  m: ['time', 60],
  min: ['time', 60],
  h: ['time', 3600],
  d: ['time', 86_400],
  B: ['size', 1],
  KB: ['size', 1e3],
  kB: ['size', 1e3],
  MB: ['size', 1e6],
  GB: ['size', 1e9],
  TB: ['size', 1e12],
  KiB: ['size', 2 ** 10],
  MiB: ['size', 2 ** 20],
  GiB: ['size', 2 ** 30],
  TiB: ['size', 2 ** 40],
};

const OF_FACT = { s: ['time', 1], ms: ['time', 0.001], bytes: ['size', 1] } as const;

/**
 * A number with a unit in the unit of the fact that it is compared with.
 *
 * @param of the fact's unit; absent where it counts
 * @throws Error that names the units that fit
 */
export function inUnitOf(
  value: number,
  unit: string | undefined,
  of: keyof typeof OF_FACT | undefined,
): number {
  if (unit === undefined) return value;
  const known = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const wanted = of && OF_FACT[of];
  if (!known || !wanted || known[0] !== wanted[0])
    throw new Error(`'${unit}' is no unit of it; ${fitting(of)}`);
  return (value * known[1]) / wanted[1];
}

function fitting(of: keyof typeof OF_FACT | undefined): string {
  if (of === undefined) return 'it is a plain number';
  const names = Object.keys(UNITS).filter((name) => UNITS[name]?.[0] === OF_FACT[of][0]);
  return `units are ${names.join(', ')}`;
}
