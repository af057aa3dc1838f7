import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import {
  createContainerExecutor,
  createSandboxExecutor,
  findJavaForSpark,
  findJavas,
  findPython,
  machineGpus,
} from '../executors/index.ts';
import type { Check } from './check.ts';
import { checkBatch } from './check-batch.ts';
import { checkClusters } from './check-clusters.ts';
import { checkDatabase, checkSettings } from './check-home.ts';
import type { CliContext } from './context.ts';

/** Looks at this machine; nothing is changed. */
export async function runChecks(context: CliContext): Promise<Check[]> {
  const own = await Promise.all([
    node(),
    machine(),
    home(context),
    disk(context),
    checkDatabase(context),
    checkSettings(context),
    sandbox(),
    processes(),
    python(),
    spark(),
    containers(),
    gpus(),
  ]);
  return [...own, ...(await checkClusters(context)), ...(await checkBatch(context))];
}

async function sandbox(): Promise<Check> {
  const probe = await createSandboxExecutor().probe();
  if (probe.available) return { name: 'sandbox', status: 'ok', value: probe.version };
  return { name: 'sandbox', status: 'missing', value: probe.reason, hint: probe.hint };
}

async function processes(): Promise<Check> {
  const value = 'runs jobs where the sandbox does not work; paths under /opt/ml are translated';
  return { name: 'process', status: 'ok', value };
}

async function python(): Promise<Check> {
  const hint =
    'Only Python scripts need it: install python3 (apt-get install python3, or https://www.python.org/).';
  const found = findPython();
  if (found === undefined) return { name: 'python', status: 'missing', value: 'python3 was not found', hint };
  const version = await firstLine(found.executable, ['--version']);
  return { name: 'python', status: 'ok', value: `${version ?? 'unknown version'} (${found.executable})` };
}

/** What a Spark application needs: Java, and PySpark, which the first such job brings. */
async function spark(): Promise<Check> {
  const name = 'spark';
  const python = findPython();
  const asked = ['-c', "import importlib.metadata as m; print(m.version('pyspark'))"];
  const version = python && (await firstLine(python.executable, asked));
  const java = findJavaForSpark(Number.parseInt(version ?? '3', 10));
  if (java === undefined || python === undefined) {
    const others = findJavas().map(({ major }) => major);
    const value = python
      ? `no Java for it${others.length > 0 ? `, only ${others.join(', ')}` : ''}`
      : 'python3 was not found';
    const hint =
      'Only Spark applications need it: Java 17 (apt-get install openjdk-17-jre-headless) and python3.';
    return { name, status: 'missing', value, hint };
  }
  const pyspark = version ? `PySpark ${version}` : 'PySpark is installed for the first job that needs it';
  return { name, status: 'ok', value: `${pyspark}, Java ${java.major} (${java.home})` };
}

async function containers(): Promise<Check> {
  const probe = await createContainerExecutor().probe();
  if (probe.available) return { name: 'container', status: 'ok', value: probe.version };
  return { name: 'container', status: 'missing', value: probe.reason, hint: probe.hint };
}

async function gpus(): Promise<Check> {
  const { gpus: found, driver } = machineGpus();
  if (found.length === 0) {
    return { name: 'gpu', status: 'ok', value: 'none: instance types with GPUs run without' };
  }
  const models = [...new Set(found.map(({ model }) => model ?? 'NVIDIA GPU'))].join(', ');
  return {
    name: 'gpu',
    status: 'ok',
    value: `${found.length} × ${models}${driver ? `, driver ${driver}` : ''}`,
  };
}

async function node(): Promise<Check> {
  return { name: 'node', status: 'ok', value: `${process.version} (${process.execPath})` };
}

async function machine(): Promise<Check> {
  const value = `${availableParallelism()} CPUs, ${gibibytes(totalmem())} memory, ${process.platform} ${process.arch}`;
  return { name: 'machine', status: 'ok', value };
}

async function home({ paths }: CliContext): Promise<Check> {
  const place = existingParent(paths.home);
  const name = 'home';
  const value = existsSync(paths.home) ? paths.home : `${paths.home} (will be made by the first run)`;
  try {
    await access(place, constants.W_OK);
    return { name, status: 'ok', value };
  } catch {
    return {
      name,
      status: 'failed',
      value: `${value}: not writable`,
      hint: 'Choose another with --home or SLUICE_HOME.',
    };
  }
}

async function disk({ paths }: CliContext): Promise<Check> {
  const { bavail, bsize } = await statfs(existingParent(paths.home));
  const free = bavail * bsize;
  const value = `${gibibytes(free)} free for the home`;
  if (free >= 2 ** 30) return { name: 'disk', status: 'ok', value };
  return {
    name: 'disk',
    status: 'missing',
    value,
    hint: 'Make room, or choose another disk with --home or SLUICE_HOME.',
  };
}

/** The first line that a program prints, or undefined where it does not run. */
function firstLine(file: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done) => {
    execFile(file, args, { timeout: 10_000 }, (error, stdout, stderr) => {
      done(error ? undefined : `${stdout}${stderr}`.split('\n')[0]);
    });
  });
}

function existingParent(path: string): string {
  return existsSync(path) ? path : existingParent(dirname(path));
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
