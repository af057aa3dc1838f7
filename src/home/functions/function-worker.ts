// Runs one function of a workflow in a process of its own: node function-worker <code> <call.json> <answer.json>.
// Beside Node's own modules it needs this package alone.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { jsonProblem } from '../../core/json-problem.ts';
import { describeThrown, loadFunction } from '../../core/load-function.ts';
import type { FunctionAnswer, FunctionCall } from './function-call.ts';

const [code = '', callFile = '', answerFile = ''] = process.argv.slice(2);
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort(new Error('The run is being stopped.')));

writeAnswer(await answer(JSON.parse(readFileSync(callFile, 'utf8')) as FunctionCall));
// What the function has left running is of no use to anybody.
process.exit(0);

async function answer(call: FunctionCall): Promise<FunctionAnswer> {
  try {
    const run = await loadFunction({ ...call, code });
    const { inputs, runId, node, attempt } = call;
    const outputs = (await run(inputs, { runId, node, attempt, signal: stopping.signal })) ?? {};
    // Written as JSON it would become something else: NaN null, a Date a text.
    const problem = outputsProblem(outputs);
    return problem === undefined ? { outputs } : { invalid: problem };
  } catch (error) {
    return { error: describeThrown(error, code) };
  }
}

function outputsProblem(outputs: unknown): string | undefined {
  if (typeof outputs !== 'object') return undefined;
  for (const [name, value] of Object.entries(outputs as object)) {
    const problem = value === undefined ? undefined : jsonProblem(value);
    if (problem !== undefined) return `its output '${name}': ${problem}`;
  }
  return undefined;
}

function writeAnswer(given: FunctionAnswer): void {
  let text: string;
  try {
    text = JSON.stringify(given);
  } catch (error) {
    text = JSON.stringify({ error: `Its outputs are no JSON: ${(error as Error).message}` });
  }
  writeFileSync(`${answerFile}.part`, text);
  renameSync(`${answerFile}.part`, answerFile);
}
