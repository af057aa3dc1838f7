import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LogFile } from '../../src/jobs/index.ts';

const START = Date.UTC(2026, 0, 1);
const COUNT = 20_000;
let directory: string;
let file: LogFile;

/** Three lines in each millisecond, of very different lengths. */
const line = (index: number) =>
  `line ${index} ${'ü'.repeat(index % 97)}${index === 7000 ? 'x'.repeat(300_000) : ''}`;
const time = (index: number) => START + Math.floor(index / 3);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-log-file-'));
  await mkdir(join(directory, 'logs'));
  const lines = Array.from(
    { length: COUNT },
    (_, index) => `${new Date(time(index)).toISOString()} ${line(index)}\n`,
  );
  await writeFile(join(directory, 'logs', 'algo-1.log'), lines.join(''));
  await appendFile(
    join(directory, 'logs', 'algo-1.log'),
    `${new Date(START + 10_000).toISOString()} half a li`,
  );
  file = (await LogFile.open(directory, 'algo-1')) as LogFile;
});
afterAll(async () => {
  await file.close();
  await rm(directory, { recursive: true });
});

test.each([
  [1, 1024 * 1024],
  [999, 1024 * 1024],
  [10_000, 1024 * 1024],
  [10_000, 5000],
])(
  'pages of %i lines and %i bytes give every whole line once, forwards and backwards',
  async (limit, maxBytes) => {
    const size = await file.size();
    const few = limit === 1 ? 300 : COUNT;
    const forwards: string[] = [];
    for (let begin = 0; forwards.length < few; ) {
      const page = await file.page({ begin, end: size, from: 'begin', limit, maxBytes });
      if (page.lines.length === 0) break;
      forwards.push(...page.lines.map((each) => each.message));
      begin = page.end;
      expect(page.lines.at(-1)?.end).toBe(begin);
    }
    expect(forwards).toEqual(Array.from({ length: few }, (_, index) => line(index)));
    const backwards: string[] = [];
    for (let end = size; backwards.length < few; ) {
      const page = await file.page({ begin: 0, end, from: 'end', limit, maxBytes });
      if (page.lines.length === 0) break;
      backwards.unshift(...page.lines.map((each) => each.message));
      end = page.begin;
    }
    expect(backwards).toEqual(Array.from({ length: few }, (_, index) => line(COUNT - few + index)));
  },
);

test('the first line of a time is found', async () => {
  for (const wanted of [0, 1, 2, 100, 2333, 2334, 5000, 6666]) {
    const begin = await file.positionOf(START + wanted);
    const page = await file.page({ begin, end: await file.size(), from: 'begin', limit: 1, maxBytes: 1 });
    expect(page.lines[0]?.message).toBe(line(wanted * 3));
  }
  const size = await file.size();
  expect(await file.positionOf(START - 1)).toBe(0);
  const after = await file.positionOf(START + 60_000);
  expect((await file.page({ begin: after, end: size, from: 'begin', limit: 1, maxBytes: 1 })).lines).toEqual(
    [],
  );
});

test('the first and the last time are known', async () => {
  expect(await file.times()).toEqual({ first: time(0), last: time(COUNT - 1) });
});

test('a stream that does not exist, or lies elsewhere, is none', async () => {
  await writeFile(join(directory, 'outside.log'), '');
  for (const stream of ['algo-2', '../outside', '..', '', 'logs/algo-1']) {
    expect(await LogFile.open(directory, stream)).toBeUndefined();
  }
});
