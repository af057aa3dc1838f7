// Needs: python
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { jsonToStruct } from '../../src/flyte/connector/literals/struct.ts';
import { writeLiterals } from '../../src/flyte/connector/literals/write-literal.ts';
import { FakeFlyteAdmin } from '../harness/flyte-admin.ts';
import { runPython } from '../harness/python-package.ts';

const FLOW = `
from dataclasses import dataclass
from typing import Dict, NamedTuple

from sluice import processing_task, training_task, workflow

@dataclass
class Report:
    rows: int

class Results(NamedTuple):
    report: Report
    model: str

@processing_task
def count(text: str, options: Dict[str, int]) -> Report:
    return Report(len(text))

@training_task
def fit(report: Report) -> str:
    return "/opt/ml/model/model.txt"

@workflow
def flow(text: str, options: Dict[str, int]) -> Results:
    report = count(text=text, options=options)
    return Results(report, fit(report=report))

show = processing_task(name="show", script="flow.py", inputs=["data"])

@workflow
def reads(data: str) -> None:
    show(data=data)
`;

let fake: FakeFlyteAdmin;
let directory: string;
beforeAll(async () => {
  fake = await FakeFlyteAdmin.start();
  directory = await mkdtemp(join(tmpdir(), 'on-flyte-'));
  await writeFile(join(directory, 'flow.py'), FLOW);
});
afterAll(async () => {
  await fake?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  fake.onCall = () => undefined;
  fake.nodes = [];
  fake.attempts = {};
});

/** Runs a script that has configured Flyte; what it prints last is JSON. */
async function python(script: string): Promise<{ told: Record<string, unknown>; stderr: string }> {
  const configured = `
import json, sluice
from flow import flow, reads
sluice.configure(admin_endpoint="http://${fake.endpoint}", project="flytesnacks", domain="development")
${script}`;
  const { code, stdout, stderr } = await runPython(['-c', configured], { cwd: directory, home: directory });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { told: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>, stderr };
}

/** Has every execution go through phases, one for each look at it. */
function play(...phases: readonly object[]): void {
  let asked = 0;
  fake.onCall = (method) => {
    if (method !== 'GetExecution') return;
    const closure = phases[Math.min(asked++, phases.length - 1)] as { phase: string };
    for (const execution of fake.executions.values()) execution.closure = closure;
    fake.nodes = ['start-node', 'count', 'fit'].map((nodeId) => ({
      id: { nodeId },
      closure: {
        phase: closure.phase === 'FAILED' ? 'FAILED' : closure.phase,
        error: errorOf(closure, nodeId),
      },
    }));
  };
}

function errorOf(closure: object, nodeId: string): object | undefined {
  return 'error' in closure && nodeId === 'fit' ? (closure.error as object) : undefined;
}

test('a workflow is registered and launched, waited for, and its outputs have the types of its annotations', {
  timeout: 600_000,
}, async () => {
  play({ phase: 'QUEUED' }, { phase: 'RUNNING' }, { phase: 'SUCCEEDED' });
  fake.outputs = writeLiterals(
    { report: { rows: 5 }, model: 's3://bucket/model.tar.gz' },
    { report: { simple: 'STRUCT' }, model: { simple: 'STRING' } },
    'msgpack',
  );
  fake.attempts = {
    fit: [
      {
        id: { retryAttempt: 0 },
        closure: {
          phase: 'SUCCEEDED',
          taskType: 'sluice_training',
          logs: [{ name: 'CloudWatch', uri: 'https://logs.example/fit' }],
          customInfo: jsonToStruct({ costUsd: 0.25 }),
        },
      },
    ],
  };
  const { told } = await python(`
big = {f"option-{index}": index for index in range(20_000)}
execution = sluice.run(flow, inputs={"text": "@hello", "options": big}, idempotency_key="one")
again = sluice.run(flow, inputs={"text": "@hello", "options": big}, idempotency_key="one")
execution.wait(timeout=300)
outputs = execution.outputs
print(json.dumps({
    "same": execution.id == again.id, "id": execution.id, "phase": execution.phase, "rows": outputs["report"].rows,
    "model": outputs["model"], "logs": list(execution.logs("fit")), "cost": execution.cost, "url": execution.url,
    "steps": [[node["id"], node["phase"], node["dependsOn"]] for node in execution.nodes],
    "html": execution._repr_mimebundle_()["text/html"],
    "found": sluice.find_execution(execution.id).phase,
}))`);
  expect(told).toMatchObject({
    same: true,
    phase: 'Succeeded',
    rows: 5,
    model: 's3://bucket/model.tar.gz',
    logs: [
      'attempt 1  SUCCEEDED',
      'attempt 1  CloudWatch  https://logs.example/fit',
      'attempt 1  costUsd: 0.25',
    ],
    cost: { onDemand: 0.25 },
    steps: [
      ['count', 'Succeeded', []],
      ['fit', 'Succeeded', ['count']],
    ],
    html: expect.stringContaining('>fit<'),
    found: 'Succeeded',
  });
  expect(told['url']).toContain(`/console/projects/flytesnacks/domains/development/executions/${told['id']}`);
  const [, launched] = [...fake.executions].find(([name]) => name === told['id']) ?? [];
  expect(launched.inputs.literals.text.scalar.primitive.stringValue).toBe('@hello');
});

test('one that fails raises what the task has said, one that is cancelled is aborted', {
  timeout: 600_000,
}, async () => {
  play(
    { phase: 'RUNNING' },
    { phase: 'FAILED', error: { code: 'JobFailed', message: 'ValueError: no rows' } },
  );
  const { told } = await python(`
execution = sluice.run(flow, inputs={"text": "a", "options": {}})
try:
    execution.wait(timeout=300)
except sluice.TaskError as error:
    failed = [error.node, error.type, str(error)]
print(json.dumps({"failed": failed, "phase": execution.phase}))`);
  expect(told).toEqual({
    failed: ['fit', 'JobFailed', "Node 'fit': ValueError: no rows"],
    phase: 'Failed',
  });

  fake.onCall = () => undefined;
  const { told: cancelled } = await python(`
execution = sluice.run(flow, inputs={"text": "b", "options": {}})
begun = execution.phase
try:
    execution.wait(timeout=1)
except TimeoutError as error:
    late = str(error)
execution.cancel()
try:
    execution.wait(timeout=300)
except sluice.RunCancelled as error:
    print(json.dumps({"begun": begun, "late": late, "message": str(error)}))`);
  expect(cancelled).toEqual({
    begun: 'Running',
    late: expect.stringContaining('has not ended in time; it goes on.'),
    message: expect.stringContaining('was aborted: cancelled from Python'),
  });
});

test('a workflow is registered under a version; what cannot be sent to Flyte says so before it is', {
  timeout: 600_000,
}, async () => {
  const before = fake.executions.size;
  const { told } = await python(`
registered = sluice.register(flow, "7")
messages = {}
for name, act in {
    "place": lambda: sluice.run(reads, inputs={"data": "flow.py"}),
    "missing": lambda: sluice.run(flow, inputs={"text": "a"}),
    "concurrency": lambda: sluice.run(flow, inputs={"text": "a", "options": {}}, concurrency=2),
    "unknown": lambda: sluice.find_execution("nobody"),
}.items():
    try:
        act()
    except sluice.SluiceError as error:
        messages[name] = str(error)
sluice.configure(project="elsewhere")
try:
    sluice.run(flow, inputs={"text": "a", "options": {}})
except sluice.SluiceError as error:
    messages["project"] = str(error)
print(json.dumps({"registered": registered, "messages": messages}))`);
  expect(told['registered']).toMatchObject({ registered: [{ workflow: 'flow', version: '7' }] });
  expect(told['messages']).toEqual({
    place: expect.stringContaining("'file:///"),
    missing: expect.stringContaining("the input 'options' is missing"),
    concurrency: expect.stringContaining('Flyte itself says'),
    unknown: expect.stringContaining('nobody'),
    project: expect.stringContaining('elsewhere'),
  });
  expect(fake.executions.size).toBe(before);
});
