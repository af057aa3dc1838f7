import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';

/**
 * Two models of twenty features. `linear` is as little as a model can do, so that it shows what the way to it costs;
 * `forest`, 300 trees of depth 7 asked for ten rows, is a small model of everyday size.
 */
const NODE_MODEL = `
  console.log('PORT=' + process.env.SAGEMAKER_BIND_TO_PORT);
  const weights = Array.from({ length: 20 }, (_, index) => Math.sin(index));
  const linear = (row) => 1 / (1 + Math.exp(-row.reduce((sum, x, i) => sum + x * weights[i], 0)));
  const nodes = Float64Array.from({ length: 300 * 256 }, (_, index) => Math.sin(index * 7.3) * 3);
  function tree(start, row) {
    let node = 1;
    for (let depth = 0; depth < 7; depth++) {
      const limit = nodes[start + node];
      node = node * 2 + (row[Math.abs(limit * 6.6) | 0] > limit ? 1 : 0);
    }
    return nodes[start + node];
  }
  function forest(row) {
    let sum = 0;
    for (let start = 0; start < nodes.length; start += 256) sum += tree(start, row);
    return 1 / (1 + Math.exp(-sum / 300));
  }
  export const modelFn = () => ({ predict: (rows) => rows.map(rows.length === 1 ? linear : forest) });`;

/** What users deploy: a model that scikit-learn has fitted, and the function that loads it. */
const FIT = `
import base64, io, joblib, sys
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
data = load_breast_cancer()
stream = io.BytesIO()
models = {"logistic": LogisticRegression(), "forest": RandomForestClassifier(100, random_state=0)}
joblib.dump(make_pipeline(StandardScaler(), models[sys.argv[1]]).fit(data.data, data.target), stream)
print(base64.b64encode(stream.getvalue()).decode())`;
const SKLEARN_SCRIPT = `
import os, joblib

def model_fn(model_dir):
    print("PORT=" + os.environ["SAGEMAKER_BIND_TO_PORT"], flush=True)
    return joblib.load(os.path.join(model_dir, "model.joblib"))`;

/** The model.tar.gz of the models for Node. */
export function nodeArchive(): Promise<Buffer> {
  return archive({ 'code/inference.js': NODE_MODEL, 'code/package.json': '{"type":"module"}' });
}

/**
 * The model.tar.gz of a scikit-learn model of thirty features: a logistic regression, which answers in a third of a
 * millisecond, or a forest of a hundred trees, which takes some.
 *
 * @param environment of Python, with scikit-learn
 */
export async function sklearnArchive(environment: string, model: 'logistic' | 'forest'): Promise<Buffer> {
  const { stdout } = await promisify(execFile)(join(environment, 'bin', 'python3'), ['-c', FIT, model]);
  return archive({
    'model.joblib': Buffer.from(stdout, 'base64'),
    'code/inference.py': SKLEARN_SCRIPT,
  });
}

async function archive(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body), mode: 0o644 },
    body,
  }));
  return gzipSync(await packTar(entries));
}
