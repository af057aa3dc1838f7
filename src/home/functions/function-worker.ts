// Runs one function of a workflow in a process of its own: node function-worker <code> <call.json> <answer.json>.
// Beside Node's own modules it needs this package alone.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { jsonProblem } from '../../core/json-problem.ts';
import { resolveSluiceHere } from '../../core/resolve-sluice.ts';
import type { FunctionAnswer, FunctionCall } from './function-call.ts';

const [code = '', callFile = '', answerFile = ''] = process.argv.slice(2);
const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort(new Error('The run is being stopped.')));

writeAnswer(await answer(JSON.parse(readFileSync(callFile, 'utf8')) as FunctionCall));
// What the function has left running is of no use to anybody.
process.exit(0);

async function answer(call: FunctionCall): Promise<FunctionAnswer> {
  try {
    const run = await load(call);
    const { inputs, runId, node, attempt } = call;
    const outputs = (await run(inputs, { runId, node, attempt, signal: stopping.signal })) ?? {};
    // Written as JSON it would become something else: NaN null, a Date a text.
    const problem = outputsProblem(outputs);
    return problem === undefined ? { outputs } : { invalid: problem };
  } catch (error) {
    return { error: describe(error) };
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

async function load({ entry, workflow, task }: FunctionCall): Promise<(...given: unknown[]) => unknown> {
  resolveSluiceHere();
  const exported = (await import(pathToFileURL(join(code, entry)).href)) as Record<string, unknown>;
  for (const each of Object.values(exported) as { kind?: string; name?: string; functions?: object }[]) {
    if (each?.kind !== 'sluice.workflow' || each.name !== workflow) continue;
    const run = Object.entries(each.functions ?? {}).find(([name]) => name === task)?.[1] as unknown;
    if (typeof run === 'function') return run as (...given: unknown[]) => unknown;
  }
  throw new Error(`${entry} holds no function of task '${task}' of workflow '${workflow}'.`);
}

/** Its message, and where in the code it was thrown. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
    return `${error.message.replaceAll(`${code}/`, '')} (packages are no part of a bundle)`;
  for (const line of (error.stack ?? '').split('\n')) {
    const [, place, at] = /\(?((?:file:\/\/)?\/[^()\s]+):(\d+):\d+\)?$/.exec(line) ?? [];
    const path = place?.startsWith('file:') ? fileURLToPath(place) : place;
    if (path?.startsWith(`${code}/`)) return `${error.message} (${path.slice(code.length + 1)}:${at})`;
  }
  return error.message;
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
