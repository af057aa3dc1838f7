/**
 * Runs the model server's defaults of PyTorch, Hugging Face and TensorFlow with the real packages, which are too large
 * for every test run: torch needs 5.6 GB with its libraries, tensorflow-cpu 1.6 GB.
 *
 * `node test/conformance/framework-serving.ts [pytorch] [huggingface] [tensorflow]`; all of them where none is named.
 * SLUICE_TORCH_PYTHON and SLUICE_TENSORFLOW_PYTHON name interpreters that have the packages; else they are installed.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWith } from '../harness/python.ts';
import { startPythonServer } from '../harness/python-server.ts';

/** One request, and what its answer must be. */
type Check = readonly [
  body: string,
  headers: Record<string, string>,
  status: number,
  type: string,
  text: RegExp,
];

interface Suite {
  readonly framework: string;
  readonly python: () => Promise<string>;
  /** Leaves a model in the directory that is its argument. */
  readonly model: string;
  readonly checks: readonly Check[];
  /** Answered by a script of the model, in place of the framework's defaults. */
  readonly script?: { readonly text: string; readonly checks: readonly Check[] };
}

const JSON_TYPE = { 'content-type': 'application/json' };
const CSV = { 'content-type': 'text/csv' };
const UNKNOWN = { 'content-type': 'text/plain' };

const torch = async () =>
  process.env['SLUICE_TORCH_PYTHON'] ??
  join(await pythonWith('torch', 'transformers', 'numpy'), 'bin', 'python3');
const tensorflow = async () =>
  process.env['SLUICE_TENSORFLOW_PYTHON'] ?? join(await pythonWith('tensorflow-cpu'), 'bin', 'python3');

const SUITES: Readonly<Record<string, Suite>> = {
  pytorch: {
    framework: 'pytorch',
    python: torch,
    model: `
import sys, torch
model = torch.nn.Linear(2, 1)
torch.nn.init.ones_(model.weight)
torch.nn.init.zeros_(model.bias)
torch.jit.script(model).save(sys.argv[1] + "/other.pth")
`,
    checks: [
      ['[[1,2],[3,4]]', JSON_TYPE, 200, 'application/json', /^\[\[3\.0\], \[7\.0\]\]$/],
      ['1,2', CSV, 200, 'application/json', /^\[3\.0\]$/],
      ['[[1,2],[3,4]]', { ...JSON_TYPE, accept: 'text/csv' }, 200, 'text/csv', /^3\.0\n7\.0\n$/],
      [
        'x',
        UNKNOWN,
        500,
        'text/plain; charset=utf-8',
        /^Content type text\/plain is not supported .*Traceback/s,
      ],
      ['[[1]]', { ...JSON_TYPE, accept: 'image/png' }, 500, 'text/plain; charset=utf-8', /Traceback/],
    ],
  },
  huggingface: {
    framework: 'huggingface-pytorch',
    python: torch,
    model: `
import os, sys
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer
vocabulary = os.path.join(sys.argv[1], "vocab.txt")
with open(vocabulary, "w") as file:
    file.write("\\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hello", "world"]))
BertTokenizer(vocabulary).save_pretrained(sys.argv[1])
sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
BertForSequenceClassification(BertConfig(vocab_size=7, max_position_embeddings=32, **sizes)).save_pretrained(sys.argv[1])
`,
    checks: [
      [
        '{"inputs":"hello"}',
        JSON_TYPE,
        200,
        'application/json',
        /^\[\{"label":"LABEL_[01]","score":0\.\d+\}\]$/,
      ],
      ['inputs\nhello\nworld', CSV, 200, 'application/json', /^\[\{.*\},\{.*\}\]$/],
      [
        '{"inputs":["hello"]}',
        { ...JSON_TYPE, accept: 'text/csv' },
        200,
        'text/csv',
        /^label,score\r\nLABEL_[01],0\.\d+\r\n$/,
      ],
      [
        'hello',
        CSV,
        400,
        'application/json',
        /"code": 400,\n {2}"type": "InternalServerException",.*correct CSV/s,
      ],
      ['hello', UNKNOWN, 400, 'application/json', /Content type text\/plain is not supported/],
    ],
  },
  tensorflow: {
    framework: 'tensorflow',
    python: tensorflow,
    model: `
import sys, tensorflow as tf
class Model(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def one(self, x):
        return {"y": tf.reduce_sum(x, axis=1, keepdims=True) * 0.1}
model = Model()
tf.saved_model.save(model, sys.argv[1] + "/export/1", signatures={"serving_default": model.one})
`,
    checks: [
      [
        '{"instances":[[1,2],[3,4]]}',
        { ...JSON_TYPE, accept: 'application/json' },
        200,
        'application/json',
        /^\{ {4}"predictions": \[\[0\.3\], \[0\.7\] {4}\]\}$/,
      ],
      ['{"inputs":[[1,2]]}', JSON_TYPE, 200, 'application/json', /^\{\n {4}"outputs": \[\[0\.3\]\]\n\}$/],
      ['1,2\n3,4', CSV, 200, 'application/json', /"predictions": \[\[0\.3\], \[0\.7\]/],
      ['[1,2]\n[3,4]', { 'content-type': 'application/jsonlines' }, 200, 'application/json', /\[0\.7\]/],
      ['{"instances":', JSON_TYPE, 400, 'application/json', /^\{"error": "JSON Parse error: /],
      ['x', UNKNOWN, 415, 'application/json', /^\{"error": "Unsupported Media Type: text\/plain"\}$/],
    ],
    script: {
      text: `
import json, urllib.request
def handler(data, context):
    request = urllib.request.Request(context.rest_uri, data.read(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.dumps({"asked": json.loads(answer.read()), "custom": context.custom_attributes}), "application/json"
`,
      checks: [
        [
          '{"instances":[[1,2]]}',
          { ...JSON_TYPE, 'x-amzn-sagemaker-custom-attributes': 'trace=1' },
          200,
          'application/json',
          /^\{"asked": \{"predictions": \[\[0\.3\]\]\}, "custom": "trace=1"\}$/,
        ],
      ],
    },
  },
};

async function run(name: string, suite: Suite): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-conformance-'));
  try {
    const python = await suite.python();
    execFileSync(python, ['-c', suite.model, directory], { stdio: ['ignore', 'ignore', 'pipe'] });
    let failed = await check(name, python, directory, suite, suite.checks);
    if (suite.script) {
      mkdirSync(join(directory, 'code'));
      writeFileSync(join(directory, 'code', 'inference.py'), suite.script.text);
      failed += await check(`${name}, a script`, python, directory, suite, suite.script.checks);
    }
    return failed;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function check(
  name: string,
  python: string,
  directory: string,
  { framework }: Suite,
  checks: readonly Check[],
): Promise<number> {
  await using server = await startPythonServer(python, {
    SM_MODEL_DIR: directory,
    SLUICE_FRAMEWORK: framework,
    HF_HUB_OFFLINE: '1',
  });
  let failed = 0;
  for (const [body, headers, status, type, text] of checks) {
    const answer = await server.invoke(body, headers);
    const right = answer.status === status && answer.type === type && text.test(answer.text);
    if (!right) failed++;
    console.log(`${right ? 'ok    ' : 'FAILED'} ${name}: ${JSON.stringify(headers)} ${JSON.stringify(body)}`);
    if (!right) console.log(`       ${answer.status} ${answer.type} ${answer.text.slice(0, 500)}`);
  }
  return failed;
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !(name in SUITES));
if (unknown !== undefined) throw new Error(`Expected ${Object.keys(SUITES).join(', ')}, got '${unknown}'.`);
let failures = 0;
for (const [name, suite] of Object.entries(SUITES))
  if (asked.length === 0 || asked.includes(name)) failures += await run(name, suite);
process.exitCode = failures > 0 ? 1 : 0;
