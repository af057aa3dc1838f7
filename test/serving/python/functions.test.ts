// Needs: python
import { describe, expect, test } from 'vitest';
import { serveScript } from './model-directory.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const MODEL = 'def model_fn(model_dir): return 0\n';

describe('what functions get', () => {
  test.each([
    [
      'scikit-learn',
      [
        ['text/csv', '31 2c ff', "'1,\\ufffd'"],
        ['application/json', '31 2c ff', "'1,\\ufffd'"],
        // Types are compared as they stand.
        ['text/csv; charset=utf-8', '31 2c ff', "b'1,\\xff'"],
        ['application/x-npy', '31', "b'1'"],
      ],
    ],
    ['xgboost', [['text/csv', '31 2c ff', "'1,\\ufffd'"]]],
    [
      'pytorch',
      [
        ['text/csv', '31', "'1'"],
        ['text/plain', 'ff', "b'\\xff'"],
      ],
    ],
  ] as const)('%s: bodies as text or bytes', async (framework, bodies) => {
    const script = `${MODEL}def transform_fn(m, body, content_type, accept): return ascii(body), "text/plain"`;
    await using server = await serveScript(framework, script);
    for (const [type, hex, expected] of bodies) {
      const body = new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
      expect((await server.invoke(body, { 'content-type': type })).text).toBe(expected);
    }
  });

  test('a context where they have a parameter more, with a default or without', async () => {
    const script = `
import json, os
def model_fn(model_dir, context=None):
    p = context.system_properties
    return [p["gpu_id"], p["model_dir"] == model_dir, context.model_name]
def model_warmup_fn(model_dir, model): model.append("warm")
def input_fn(body, content_type, context):
    return [context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes"),
            sorted(context.get_all_request_header(0)).count("Content-Type")]
def predict_fn(data, model): return [data, model]
def output_fn(prediction, accept, context):
    context.metrics.add_counter("answers", 1)
    context.set_response_status(code=201)
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", "seen\\r\\nA: b")
    return json.dumps(prediction)
`;
    await using server = await serveScript('pytorch', script, { files: { 'model.bin': 'x' } });
    const answer = await server.invoke('{}', {
      ...JSON_TYPE,
      'x-amzn-sagemaker-custom-attributes': 'trace=1',
    });
    expect(JSON.parse(answer.text)).toEqual([
      ['trace=1', 1],
      [null, true, 'model', 'warm'],
    ]);
    expect(answer).toMatchObject({ status: 201, type: 'application/json' });
    expect(answer.headers.get('x-amzn-sagemaker-custom-attributes')).toBe('seenA: b');
  });

  test.each([
    [
      'pytorch',
      `${MODEL}def transform_fn(a, b): return ""`,
      'transform_fn takes 2 arguments but 4 were given.',
    ],
    [
      'huggingface-pytorch',
      'def model_fn(): return 0',
      'TypeError: model_fn definition takes 1 or 2 arguments but 0 were given.',
    ],
    ['scikit-learn', 'def model_fn(model_dir, context): return 0', 'missing 1 required positional argument'],
  ])(
    'an error in the toolkit’s words where they have too many or too few: %s',
    async (framework, script, words) => {
      const said = await serveScript(framework, script).then(
        async (server) => {
          const { text, status } = await server.invoke('x', { 'content-type': 'text/plain' });
          await server[Symbol.asyncDispose]();
          return `${status} ${text}`;
        },
        (error: Error) => error.message,
      );
      expect(said).toContain(words);
    },
  );

  test('the model’s directory as theirs, with its modules and those of the code', async () => {
    const script = `
import json, subprocess, sys
import beside_the_model, beside_the_script
def model_fn(model_dir):
    child = subprocess.run([sys.executable, "-c", "import beside_the_model, beside_the_script; print('ok')"],
                           stdout=subprocess.PIPE, text=True)
    return [beside_the_model.X, beside_the_script.X, open("vocab.txt").read(), child.stdout.strip()]
def predict_fn(data, model): return model
def input_fn(body, content_type): return body
def output_fn(prediction, accept): return json.dumps(prediction)
`;
    const files = {
      'beside_the_model.py': 'X = 1',
      'code/beside_the_script.py': 'X = 2',
      'vocab.txt': 'words',
      // Names of the server's own files.
      'code/codecs.py': 'raise ValueError("shadowed")',
      'code/serve.py': '',
    };
    await using server = await serveScript('pytorch', script, { files });
    expect(JSON.parse((await server.invoke('x', JSON_TYPE)).text)).toEqual([1, 2, 'words', 'ok']);
  });
});

/** Answers with the value of the expression that it is asked. */
const ECHO = `${MODEL}
class Response:
    status_code, headers = 202, {"Content-Type": "text/x-own", "X-Amzn-SageMaker-Custom-Attributes": "own"}
    def get_data(self): return b"own"
def transform_fn(model, body, content_type, accept):
    return eval(body)
`;
const PLAIN = 'text/plain; charset=utf-8';
const HTML = 'text/html; charset=utf-8';

const exactly = (text: string) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

describe('what functions return', () => {
  test.each([
    [
      'pytorch',
      [
        ['{"p": [1, 2.5]}', 200, 'application/json', '{\n  "p": [\n    1,\n    2.5\n  ]\n}'],
        ['[1, 2]', 200, 'application/json', '[\n  1,\n  2\n]'],
        ['5', 200, 'application/json', '5'],
        ['"text"', 200, 'application/json', 'text'],
        ['b"bytes"', 200, 'application/json', 'bytes'],
        ['("1,2", "text/csv")', 200, 'text/csv', '1,2'],
        ['object()', 503, 'application/json', /"message": "Unsupported model output data type\."/],
        ['1 / 0', 500, PLAIN, /^division by zero\nTraceback/],
      ],
    ],
    [
      'huggingface-pytorch',
      [
        ['("1", "text/csv")', 200, 'application/json', '[\n  "1",\n  "text/csv"\n]'],
        ['1 / 0', 400, 'application/json', /"message": "division by zero"/],
      ],
    ],
    [
      'scikit-learn',
      [
        ['{"p": 1}', 200, 'application/json', '{"p":1}\n'],
        ['[1, 2]', 200, 'application/json', '[1,2]\n'],
        ['"text"', 200, HTML, 'text'],
        ['("1,2", "text/csv")', 200, 'text/csv; charset=utf-8', '1,2'],
        ['(["a", b"b"], accept)', 200, 'application/json', 'ab'],
        ['([1, 2], accept)', 500, PLAIN, /must be text or bytes, not a list of int/],
        ['None', 500, PLAIN, /The function either returned None/],
        ['5', 500, PLAIN, /but it was a int\./],
        ['Response()', 202, 'text/x-own', 'own'],
      ],
    ],
  ] as const)('%s', async (framework, values) => {
    await using server = await serveScript(framework, ECHO);
    for (const [value, status, type, text] of values) {
      const answer = await server.invoke(value, JSON_TYPE);
      expect({ value, ...answer }).toMatchObject({
        value,
        status,
        type,
        text: expect.stringMatching(typeof text === 'string' ? exactly(text) : text),
      });
    }
  });

  test('an error with a status of its own', async () => {
    const script = `${MODEL}
class NotMine(Exception):
    status_code = 404
def transform_fn(model, body, content_type, accept):
    raise NotMine("not mine")
`;
    await using server = await serveScript('pytorch', script);
    const answer = await server.invoke('x', { 'content-type': 'text/csv' });
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('not mine');
  });
});
