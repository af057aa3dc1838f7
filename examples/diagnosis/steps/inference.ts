// Batch transform job: loads the model once; the rows of each request come in as numbers, one answer per row goes out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Model, probability } from './model.ts';

export function modelFn(modelDir: string): Model {
  return JSON.parse(readFileSync(join(modelDir, 'model.json'), 'utf8'));
}

export function predictFn(rows: number[][], model: Model): number[][] {
  return rows.map((row) => [probability(model, row)]);
}
