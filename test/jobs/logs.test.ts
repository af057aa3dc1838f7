import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeLine, LogSplitter, MAX_LINE_BYTES } from '../../src/hosts/log-splitter.ts';
import { listLogStreams } from '../../src/jobs/logs/list-log-streams.ts';
import { readLogs, readLogTail } from '../../src/jobs/logs/log-reader.ts';
import { localLogs } from '../../src/jobs/logs/log-source.ts';
import { LogWriter } from '../../src/jobs/logs/log-writer.ts';
import { trainingRequest } from '../harness/job-requests.ts';
import { openJobs } from '../harness/jobs.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-logs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LogSplitter((more) => lines.push(...more.map(decodeLine)));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('lines', () => {
  test.each<[string, string[], string[]]>([
    ['end at a newline', ['a\nb\n'], ['a', 'b']],
    ['may come in pieces', ['a', 'b\nc', '\n'], ['ab', 'c']],
    ['may be empty', ['\n\na\n'], ['', '', 'a']],
    ['may lack their last end', ['a\nb'], ['a', 'b']],
    ['may end as in Windows', ['a\r\nb\r\n'], ['a', 'b']],
    ['may have that end in two pieces', ['a\r', '\nb\n'], ['a', 'b']],
    ['keep each step of a progress bar', ['\r 10%\r 20%', '\r100%\n'], ['', ' 10%', ' 20%', '100%'].slice(1)],
    ['keep a bar that begins in another piece', ['x\r', '\r', 'y\n'], ['x', 'y']],
  ])('%s', (_what, chunks, lines) => {
    expect(split(...chunks)).toEqual(lines);
  });

  test('keep characters that come in pieces', () => {
    const bytes = Buffer.from('größe 漢字\n');
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(split(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(['größe 漢字']);
    }
  });

  test('are cut at 256 KiB, between characters, and nothing is lost', () => {
    const text = 'é'.repeat(MAX_LINE_BYTES);
    const lines = split(`x${text}\n`);
    expect(lines.join('')).toBe(`x${text}`);
    expect(lines.length).toBeGreaterThan(1);
  });
});

test('what was written is read back, several streams merged by time', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = () => new Date(now++);
  const first = new LogWriter({ path: join(directory, 'algo-1.log'), clock });
  const second = new LogWriter({ path: join(directory, 'algo-2.log'), clock });
  first.push('stdout', Buffer.from('one\n'));
  second.push('stderr', Buffer.from('two\n'));
  first.push('stdout', Buffer.from('three\n'));
  first.close();
  second.close();
  const lines = await Array.fromAsync(readLogs({ place: async () => localLogs(directory) }));
  expect(lines.map((line) => `${line.stream} ${line.message}`)).toEqual([
    'algo-1 one',
    'algo-2 two',
    'algo-1 three',
  ]);
  expect(lines[0]?.timestamp).toEqual(new Date('2026-01-01T00:00:00Z'));
  expect(await readLogTail(localLogs(directory), 'algo-1', 1)).toEqual(['three']);
  expect(await listLogStreams(directory)).toEqual(['algo-1', 'algo-2']);
});

test('a log that does not exist is empty', async () => {
  expect(await Array.fromAsync(readLogs({ place: async () => localLogs(join(directory, 'none')) }))).toEqual(
    [],
  );
  expect(await readLogTail(localLogs(directory), 'none', 3)).toEqual([]);
});

test('200,000 lines of a real job are kept whole, in order, on both streams', async () => {
  await using fixture = await openJobs();
  const source = `
    let i = 0;
    const write = () => { while (i < 100000) { const ok = process.stdout.write('out ' + i + ' äöü ' + 'x'.repeat(i % 80) + '\\n') & process.stderr.write('err ' + i + '\\n'); i++; if (!ok) return setImmediate(write); } };
    write();`;
  await fixture.jobs.training.start(await trainingRequest(fixture, 'chatty', source));
  const counts = { out: 0, err: 0 };
  for await (const { message } of fixture.jobs.training.logs('chatty', { follow: true })) {
    const [stream, number, , padding] = message.split(' ') as ['out' | 'err', string, string, string];
    if (Number(number) !== counts[stream]) throw new Error(`expected ${counts[stream]}, got '${message}'`);
    if (stream === 'out' && padding.length !== counts.out % 80) throw new Error(`cut: '${message}'`);
    counts[stream]++;
  }
  expect(counts).toEqual({ out: 100_000, err: 100_000 });
});
