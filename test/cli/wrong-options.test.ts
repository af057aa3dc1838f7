import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { reportError } from '../../src/cli/report-error.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

describe('a job is a wrong command line', () => {
  it.each([
    ['without its script', ['--script', 'lost.ts'], "--script: there is no file 'lost.ts'"],
    [
      'without its script in the source directory',
      ['--source-dir', '.', '--script', 'lost.ts'],
      "--script: there is no file 'lost.ts'",
    ],
    ['with a directory as its script', ['--script', '.'], "--script: there is no file '.'"],
    [
      'without its source directory',
      ['--source-dir', 'lost', '--script', 'a.ts'],
      "--source-dir: 'lost' is not a directory",
    ],
    [
      'with a metric that captures nothing',
      ['--script', 'train.ts', '--metric', 'loss=loss: [0-9.]+'],
      '--metric loss: expected an expression with a group',
    ],
    [
      'with a metric whose group captures nothing',
      ['--script', 'train.ts', '--metric', 'loss=loss: (?:[0-9.]+)'],
      '--metric loss: expected an expression with a group',
    ],
  ])('%s', async (_what, options, message) => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'train.ts'), '');
    const { code, stderr } = await sluice(['train', ...options], { cwd, home: join(cwd, 'home') });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('what a command reports', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterEach(() => vi.restoreAllMocks());

  test('of a database whose disk is full to the last byte is no defect', () => {
    // As SQLite has it where there is no room for the memory that its processes share.
    const error = Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 4874 });
    expect(reportError(error, { json: false, debug: false })).toBe(1);
    expect(said).toMatch(/error.*DiskFull.*disk I\/O error[^]*sluice prune/);
    expect(said).not.toContain('defect');
  });
});
