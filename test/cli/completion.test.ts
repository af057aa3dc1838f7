import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { commands, groups } from '../../src/cli/commands.ts';
import { completionScript } from '../../src/cli/completion/completion-script.ts';
import { describeCommands } from '../../src/cli/completion/describe-commands.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const run = promisify(execFile);
const temporaryDirectory = temporaryDirectories();
let script = '';

beforeAll(async () => {
  script = (await sluice(['completion', 'bash'])).stdout;
});

/** What bash offers for the last word of a command line. */
async function complete(...words: string[]): Promise<string[]> {
  const file = join(await temporaryDirectory(), 'sluice.bash');
  await writeFile(file, script);
  const line = `source ${file}; COMP_WORDS=(sluice ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', line]);
  return stdout.trim().split('\n');
}

test.for([
  [['ru'], ['run', 'runs']],
  [
    ['runs', ''],
    ['ls', 'show', 'resume', 'cancel', 'rm'],
  ],
  [['runs', 'ls', '--ph'], ['--phase']],
  [['runs', 'ls', '--phase', 'S'], ['Succeeded']],
  [
    ['train', '--input-mode', ''],
    ['File', 'FastFile', 'Pipe'],
  ],
  [['prune', '--dry'], ['--dry-run']],
] as const)('bash completes %j', async ([words, expected]) => {
  const offered = await complete(...words);
  expect(offered).toEqual(expect.arrayContaining([...expected]));
  expect(offered).toHaveLength(words[0] === 'runs' && words.length === 2 ? offered.length : expected.length);
});

test('zsh and fish get every command with its options', async () => {
  const described = await describeCommands(commands);
  expect(completionScript('zsh', described, groups)).toMatch(/^#compdef sluice\n/);
  const fish = completionScript('fish', described, groups);
  expect(fish).toContain("-f -a prune -d 'Make room");
  expect(fish).toContain(
    "complete -c sluice -n '__fish_seen_subcommand_from runs; and __fish_seen_subcommand_from ls' -l phase -x -a 'Running",
  );
  for (const quoted of fish.split('\n'))
    expect(quoted.match(/(?<!\\)'/g)?.length ?? 0).toSatisfy((n: number) => n % 2 === 0);
});
