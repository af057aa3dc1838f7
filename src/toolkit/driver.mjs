/**
 * Starts a training script in an image that has Node.js, as `driver.py` beside it starts one of Python:
 * `node driver.mjs [ARGUMENT …]`. It lies in a channel of its own, with `plan.json`; the code is the channel `sluice_code`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { join } from 'node:path';

// Four levels above: /opt/ml, where a job has a view of its own of the system.
const root = join(import.meta.dirname, '..', '..', '..');
const code = join(root, 'code');
const plan = read(join(import.meta.dirname, 'plan.json'));
const source = join(root, 'input', 'data', 'sluice_code');
if (existsSync(source)) cpSync(source, code, { recursive: true });
run(['node', plan.program, ...plan.arguments, ...process.argv.slice(2)]);

function environment() {
  const { current_host: host } = read(join(root, 'input', 'config', 'resourceconfig.json'));
  const own = Object.entries(plan.environment[host]).map(([name, value]) => [
    name,
    value.replaceAll('/opt/ml', root),
  ]);
  const counts = { num_cpus: availableParallelism(), num_gpus: gpus() };
  const { SM_TRAINING_ENV: facts, ...others } = Object.fromEntries(own);
  const given = Object.entries(process.env).filter(([name]) => !name.startsWith('SM_CHANNEL_SLUICE_'));
  return {
    NODE_OPTIONS: '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
    ...Object.fromEntries(given),
    ...others,
    SM_NUM_CPUS: String(counts.num_cpus),
    SM_NUM_GPUS: String(counts.num_gpus),
    SM_TRAINING_ENV: JSON.stringify({ ...JSON.parse(facts), ...counts }),
  };
}

function gpus() {
  const { stdout } = spawnSync('nvidia-smi', ['--list-gpus'], { encoding: 'utf8' });
  return stdout?.match(/^GPU /gm)?.length ?? 0;
}

/** It gets the signals of this process, and this one ends as it does. */
function run([program, ...args]) {
  const child = spawn(program, args, { cwd: code, env: environment(), stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}

function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
