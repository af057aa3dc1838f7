import type { Random } from './random.ts';

const DEEP: unknown = Array.from({ length: 80 }).reduce<unknown>((inner) => ({ a: [inner] }), 1);

/** Texts that programs stumble over. */
const TEXTS: readonly string[] = [
  '',
  ' ',
  'a',
  '-1',
  '0',
  '1e400',
  '9007199254740993',
  '99999999999999999999999999999999',
  'NaN',
  'true',
  'null',
  '__proto__',
  '__proto__.x',
  'constructor',
  '..',
  '../../etc/passwd',
  '/etc/passwd\u0000.txt',
  "'; DROP TABLE jobs; --",
  '%',
  '%00',
  '%2e%2e%2f',
  '%zz',
  '\u0000\uD800\u202E',
  '\uDC00lone',
  'é',
  '\u{1F600}'.repeat(60),
  '<a>&amp;]]>',
  '\r\nx-injected: 1',
  '2026-13-45T99:99:99Z',
  '-271821-04-20T00:00:00.000Z',
  's3://bucket/key',
  's3://',
  's3://\u0000/x',
  'arn:aws:sagemaker:us-east-1:123456789012:training-job/',
  'arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/TrainingJobs',
  'x'.repeat(300),
  'x'.repeat(5000),
  'a/'.repeat(600),
  'é'.repeat(1000),
  'x'.repeat(70_000),
];

/** A text of {@link TEXTS}, or bytes at random. */
export function strangeText(random: Random): string {
  if (random.chance(0.8)) return random.pick(TEXTS);
  return String.fromCharCode(...Array.from({ length: 1 + random.below(20) }, () => random.below(0x1_0000)));
}

/** A value of JSON of any type. */
export function strangeValue(random: Random): unknown {
  return random.pick<unknown>([
    null,
    true,
    false,
    0,
    -1,
    -0.0,
    1.5,
    3e9,
    2 ** 53 + 2,
    1e308,
    -1e308,
    5e-324,
    [],
    {},
    [null],
    [[]],
    { '': null },
    DEEP,
    ...Array.from({ length: 12 }, () => strangeText(random)),
  ]);
}
