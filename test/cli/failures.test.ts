import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonLines, lastJson, twoSteps, writeFiles } from '../harness/pipelines.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporaryDirectory = temporaryDirectories();

async function brokenProject(): Promise<string> {
  const directory = await temporaryDirectory();
  await writeFiles(directory, { ...twoSteps, 'switches/broken': 'yes' });
  return directory;
}

const startedNodes = (stdout: string) =>
  jsonLines(stdout).flatMap((line) => {
    const node = line['node'] as { id: string; phase: string } | undefined;
    return line['type'] === 'node' && node?.phase === 'Running' ? [node.id] : [];
  });

test('a script that fails shows the end of its log, and what to do', async () => {
  const cwd = await brokenProject();
  const { code, stdout, stderr } = await sluice(['run', 'pipeline.ts'], { cwd, home: join(cwd, 'home') });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✔ count .*Succeeded/m);
  expect(stdout).toMatch(/^✖ double .*Failed/m);
  expect(stderr).toContain('error JobFailed: ');
  expect(stderr).toContain('exit code: 3');
  expect(stderr).toMatch(/the last lines of its log:\n +│ doubling 3\n +│ the switch says broken/);
  expect(stderr).toMatch(/sluice runs resume words-\S+ repeats only what did not succeed/);
});

test('runs resume repeats only what did not succeed', async () => {
  const cwd = await brokenProject();
  const home = join(cwd, 'home');
  const failed = await sluice(['run', 'pipeline.ts', '--json'], { cwd, home });
  expect(failed.code).toBe(1);
  expect(startedNodes(failed.stdout)).toEqual(['count', 'double']);
  const { id } = lastJson(failed.stdout) as { id: string };
  expect(JSON.parse(failed.stderr)).toMatchObject({
    error: { code: 'JobFailed', runId: id, node: 'double' },
  });

  await rm(join(cwd, 'switches/broken'));
  const resumed = await sluice(['runs', 'resume', id, '--json'], { home });
  expect(resumed).toMatchObject({ code: 0, stderr: '' });
  expect(startedNodes(resumed.stdout)).toEqual(['double']);
  expect(lastJson(resumed.stdout)).toMatchObject({
    id,
    phase: 'Succeeded',
    outputs: { doubled: { lines: 6 } },
  });

  const again = await sluice(['runs', 'resume', id], { home });
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('Succeeded');
  expect(again.stderr).toBe(`Run '${id}' has succeeded already: there is nothing to carry on.\n`);
});

test('runs resume refuses a workflow that has changed, unless told to take the recorded one', async () => {
  const cwd = await brokenProject();
  const home = join(cwd, 'home');
  const { id } = lastJson((await sluice(['run', 'pipeline.ts', '--json'], { cwd, home })).stdout) as {
    id: string;
  };
  await rm(join(cwd, 'switches/broken'));
  const changed = twoSteps['pipeline.ts'].replaceAll('ml.m5.large', 'ml.m5.xlarge');
  await writeFile(join(cwd, 'pipeline.ts'), changed);
  const refused = await sluice(['runs', 'resume', id], { home });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('GraphChanged');
  expect(refused.stderr).toContain('--recorded');
  expect((await sluice(['runs', 'resume', id, '--recorded'], { home })).code).toBe(0);
});

test('runs show and runs ls tell of a failed run; an unknown one is an error', async () => {
  const cwd = await brokenProject();
  const home = join(cwd, 'home');
  const { id } = lastJson((await sluice(['run', 'pipeline.ts', '--json'], { cwd, home })).stdout) as {
    id: string;
  };
  const shown = await sluice(['runs', 'show', id], { home });
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(new RegExp(`^words ${id} +Failed`));
  const listed = await sluice(['runs', 'ls', '--phase', 'Failed', '--json'], { home });
  expect(lastJson(listed.stdout)).toMatchObject({
    runs: [{ id, workflow: 'words', phase: 'Failed', nodeCount: 2 }],
  });
  expect(lastJson((await sluice(['runs', 'ls', '--phase', 'Succeeded', '--json'], { home })).stdout)).toEqual(
    { runs: [] },
  );
  const unknown = await sluice(['runs', 'show', 'nothing'], { home });
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('RunNotFound');
});

test('two runs at once in one home both succeed', async () => {
  const cwd = await temporaryDirectory();
  const home = join(cwd, 'home');
  await writeFiles(cwd, twoSteps);
  const runs = [1, 2].map(() => startSluice(['run', 'pipeline.ts', '--json'], { cwd, home }));
  const results = await Promise.all(runs.map((run) => run.ended));
  for (const { code, stdout, stderr } of results) {
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(lastJson(stdout)).toMatchObject({ phase: 'Succeeded', outputs: { doubled: { lines: 6 } } });
  }
  const { runs: listed } = lastJson((await sluice(['runs', 'ls', '--json'], { home })).stdout) as {
    runs: object[];
  };
  expect(listed).toHaveLength(2);
});
