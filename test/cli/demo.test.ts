import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { jsonLines } from '../harness/pipelines.ts';
import { sluice, temporaryDirectories } from '../harness/sluice.ts';

const pipeline = fileURLToPath(new URL('../../examples/diagnosis/pipeline.ts', import.meta.url));
const temporaryDirectory = temporaryDirectories();

interface Result {
  id: string;
  phase: string;
  outputs: { metrics: Record<string, number> };
  nodes: {
    id: string;
    type: string;
    phase: string;
    billableSeconds: number;
    outputs: Record<string, string>;
  }[];
  cost: { onDemand: number; withSpot: number; unknownInstanceTypes: string[] };
}

test('the diagnosis pipeline predicts held-out samples with an accuracy of at least 0.94', async () => {
  const home = await temporaryDirectory();
  const { code, stdout, stderr } = await sluice(['run', pipeline, '--json'], { home });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const result = jsonLines(stdout).at(-1) as unknown as Result;
  expect(result.phase).toBe('Succeeded');

  const { accuracy, precision, recall, f1, rocAuc, rows } = result.outputs.metrics;
  expect(accuracy).toBeGreaterThanOrEqual(0.94);
  expect(rocAuc).toBeGreaterThanOrEqual(0.98);
  for (const share of [accuracy, precision, recall, f1, rocAuc]) expect(share).toBeLessThanOrEqual(1);
  expect(rows).toBe(113);

  expect(result.nodes.map(({ id, type, phase }) => [id, type, phase])).toEqual([
    ['preprocess', 'processing', 'Succeeded'],
    ['train', 'training', 'Succeeded'],
    ['predict', 'batch_transform', 'Succeeded'],
    ['evaluate', 'processing', 'Succeeded'],
  ]);
  expect(result.nodes.every(({ billableSeconds }) => billableSeconds >= 1)).toBe(true);
  const model = result.nodes[1]?.outputs['model'] as string;
  expect(existsSync(join(home, 's3', model.slice('s3://'.length)))).toBe(true);
  expect(result.cost.onDemand).toBeGreaterThan(result.cost.withSpot);
  expect(result.cost.unknownInstanceTypes).toEqual([]);
});

test('without --json it shows the graph, the metrics, the artifacts and the cost, in a pipe without colours', async () => {
  const home = await temporaryDirectory();
  const { code, stdout } = await sluice(['run', pipeline, '--input', 'epochs=200'], { home });
  expect(code).toBe(0);
  expect(stripVTControlCharacters(stdout)).toBe(stdout);
  expect(stdout).toMatch(/^✔ preprocess +processing +Succeeded +\d+\.\d s +\d+ s/m);
  expect(stdout).toMatch(/^✔ predict +batch_transform +Succeeded .* train, preprocess$/m);
  expect(stdout).toMatch(/^ {2}metrics\.accuracy +0\.9\d+$/m);
  expect(stdout).toMatch(/^ {2}train validation:accuracy +[01]/m);
  expect(stdout).toMatch(/^ {2}train\.model +\S+\/model\.tar\.gz$/m);
  expect(stdout).toMatch(/^ {2}\$0\.\d+ on demand$/m);
  expect(stdout).toMatch(/^ {2}\$0\.\d+ with managed spot training/m);
});
