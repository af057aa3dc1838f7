// Needs: bubblewrap
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProcessExecutor, createSandboxExecutor } from '../../src/executors/index.ts';

const executor = createSandboxExecutor();
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-overlay-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('overlays are to be had here, and not for plain processes', async () => {
  expect(await executor.canOverlay(root)).toBe(true);
  expect(await createProcessExecutor().canOverlay(root)).toBe(false);
  expect(readdirSync(root)).toEqual([]);
});

test('a job writes into a copy-on-write mount, and nothing of it reaches the source or stays', async () => {
  const source = join(root, 'a,b:c "d\\e');
  const mlDirectory = join(root, 'host', 'opt', 'ml');
  for (const path of [source, join(source, 'sub'), join(mlDirectory, 'model')]) {
    mkdirSync(path, { recursive: true });
  }
  writeFileSync(join(source, 'data.csv'), 'theirs');
  writeFileSync(join(source, 'sub', 'deep'), 'theirs');
  const script = `cd /opt/ml/input/data/train
    echo mine > data.csv; rm -r sub; mkdir sub; echo new > sub/new; mv data.csv moved.csv
    mkdir locked; touch locked/x; chmod 000 locked sub; ln -s /etc/passwd link; mknod white c 0 0 2>/dev/null
    cat moved.csv; ls; echo x > ../other/y; cat ../other/y`;
  let output = '';
  const execution = await executor.start({
    mlDirectory,
    command: ['sh', '-c', script],
    environment: {},
    hostname: 'algo-1',
    hosts: ['algo-1'],
    mounts: [
      { source, target: '/opt/ml/input/data/train', readOnly: true, copyOnWrite: true },
      { source: join(source, 'sub'), target: '/opt/ml/input/data/other', readOnly: true, copyOnWrite: true },
    ],
    onOutput: (_stream, chunk) => {
      output += chunk.toString();
    },
  });
  expect(await execution.ended).toMatchObject({ exitCode: 0 });
  expect(output.split('\n').filter((line) => line !== 'white')).toEqual([
    'mine',
    'link',
    'locked',
    'moved.csv',
    'sub',
    'x',
    '',
  ]);
  expect(readFileSync(join(source, 'data.csv'), 'utf8')).toBe('theirs');
  expect(new Set(readdirSync(source, { recursive: true, encoding: 'utf8' }))).toEqual(
    new Set(['data.csv', 'sub', 'sub/deep']),
  );
  expect(readdirSync(join(root, 'host', 'opt'))).toEqual(['ml']);
});
