import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sluice } from '../harness/sluice.ts';

test('--version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await sluice(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('help names every command', async () => {
  const { code, stdout } = await sluice(['--help']);
  expect(code).toBe(0);
  for (const name of ['run', 'train', 'process', 'transform', 'runs', 'jobs', 'doctor']) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  }
});

const helps = [
  'run',
  'train',
  'process',
  'transform',
  'runs ls',
  'runs show',
  'runs resume',
  'jobs ls',
  'jobs show',
  'jobs logs',
  'jobs stop',
  'workers ls',
  'doctor',
];

test.each(helps)('help of `%s` has examples and fits 80 columns', async (words) => {
  const args = words.split(' ');
  const { code, stdout } = await sluice([...args, '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: sluice ${args.join(' ')}`);
  expect(stdout).toContain(`Examples:\n  sluice ${args.join(' ')}`);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

const usageErrors: [string[], string][] = [
  [['rnu'], "unknown command 'rnu'"],
  [['runs', 'lst'], "unknown command 'lst'"],
  [['doctor', '--jsn'], "unknown option '--jsn'"],
  [['doctor', 'now'], 'too many arguments'],
  [['run'], "missing required argument 'file'"],
  [['runs', 'show'], "missing required argument 'id'"],
  [['jobs', 'logs'], "missing required argument 'name'"],
];

test.each(usageErrors)('`sluice %j` is a usage error that says: %s', async (args, message) => {
  const { code, stdout, stderr } = await sluice(args);
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(message);
  expect(stderr).toContain('--help` ');
});

test('no command at all shows the help and is a usage error', async () => {
  const { code, stderr } = await sluice([]);
  expect(code).toBe(2);
  expect(stderr).toContain('Commands:');
});
