/**
 * The SageMaker API of `sluice serve`: against moto's server in the same run, with a million jobs, and while jobs work.
 *
 *   node bench/api.ts [compare] [lists] [scale] [busy] [start]     (default: all)
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadOptions, type LoadResult, load } from './support/http-load.ts';
import { type MeasuredServer, startMoto, startSluice } from './support/programs.ts';
import { benchRequest, seededName, seedJobs } from './support/seed-jobs.ts';

/** Requests under way at once. */
const CONNECTIONS = 32;
const SECONDS = Number(process.env['SECONDS'] ?? 3);
const ROUNDS = 3;
const STORED = 100_000;
const FEW = 200;
const MANY = 1_000_000;

/** Each job's share of 50,000 lines a second, for as long as the loaded measurement takes. */
const LINES_PER_SECOND = 12_500;
const LINES = LINES_PER_SECOND * Math.ceil(2 * SECONDS + 4);

/** Prints its lines in time, and reads its channel over and over into its model. */
const WRITER = `
import { copyFileSync, readdirSync } from 'node:fs';
const [channel, model] = [process.env.SM_CHANNEL_DATA, process.env.SM_MODEL_DIR];
const files = readdirSync(channel);
let printed = 0;
let copied = 0;
const started = performance.now();
const timer = setInterval(() => {
  const due = Math.min(${LINES}, Math.floor(((performance.now() - started) / 1000) * ${LINES_PER_SECOND}));
  let text = '';
  for (; printed < due; printed++) text += 'line ' + printed + ' of a job that says what it does, step by step\\n';
  process.stdout.write(text);
  if (++copied % 50 === 0) copyFileSync(channel + '/' + files[(copied / 50) % files.length], model + '/copy');
  if (printed === ${LINES}) clearInterval(timer);
}, 10);
`;

interface Measured extends LoadResult {
  /** Processor time of the server for each request, milliseconds: what a busy machine does not change much. */
  readonly cpuMs: number;
}

const sections = { compare, lists, scale, busy, start } as const;
const chosen = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
try {
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  for (const [name, run] of Object.entries(sections)) {
    if (chosen.length === 0 || chosen.includes(name)) await run();
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Requests per second of three operations, of both servers. */
async function compare(): Promise<void> {
  const home = join(directory, 'compare');
  await seedJobs(home, 0, STORED);
  // Before Sluice: where moto cannot be installed, no server is left behind.
  const moto = await startMoto(Array.from({ length: STORED }, (_, index) => benchRequest(seededName(index))));
  const sluice = await startSluice(home, ['--executor', 'simulate']);
  try {
    // In their order, as the times are in the names that SDKs make.
    let stored = STORED;
    const create = (): object => benchRequest(seededName(stored++));
    console.log(
      `${STORED} jobs stored in each; medians of ${ROUNDS} rounds by turns, ${CONNECTIONS} connections`,
    );
    const operations: [string, () => object][] = [
      ['DescribeTrainingJob', () => ({ TrainingJobName: randomName(STORED) })],
      ['ListTrainingJobs', () => ({ MaxResults: 10 })],
      ['CreateTrainingJob', create],
    ];
    for (const [operation, body] of operations) {
      const [theirs, ours] = await byTurns([moto, sluice], operation, body);
      const ratio = ours.requestsPerSecond / theirs.requestsPerSecond;
      const cpuRatio = theirs.cpuMs / ours.cpuMs;
      console.log(
        `${operation}: sluice ${show(ours)}; moto ${show(theirs)}; ratio ${ratio.toFixed(1)}, of processor time ${cpuRatio.toFixed(1)} (goal 20) ${ratio >= 20 ? 'ok' : 'TOO SLOW'}`,
      );
    }
    console.log(`memory: sluice ${sluice.memory().toFixed(0)} MiB, moto ${moto.memory().toFixed(0)} MiB\n`);
  } finally {
    await Promise.all([sluice.stop(), moto.stop()]);
  }
}

/** ListTrainingJobs of 10 and of 100 jobs, where few are stored. */
async function lists(): Promise<void> {
  const home = join(directory, 'lists');
  await seedJobs(home, 0, FEW);
  const moto = await startMoto(Array.from({ length: FEW }, (_, index) => benchRequest(seededName(index))));
  const sluice = await startSluice(home, ['--executor', 'simulate']);
  try {
    for (const MaxResults of [10, 100]) {
      const [theirs, ours] = await byTurns([moto, sluice], 'ListTrainingJobs', () => ({ MaxResults }));
      const ratio = ours.requestsPerSecond / theirs.requestsPerSecond;
      console.log(
        `ListTrainingJobs of ${MaxResults} with ${FEW} stored: sluice ${show(ours)}; moto ${show(theirs)}; ratio ${ratio.toFixed(1)}, of processor time ${(theirs.cpuMs / ours.cpuMs).toFixed(1)} (goal 20) ${ratio >= 20 ? 'ok' : 'TOO SLOW'}`,
      );
    }
  } finally {
    await Promise.all([sluice.stop(), moto.stop()]);
  }
}

/** The round of median speed of each server, after one that warms it up. */
async function byTurns(
  servers: readonly [MeasuredServer, MeasuredServer],
  operation: string,
  body: LoadOptions['body'],
): Promise<[Measured, Measured]> {
  const rounds: [Measured, Measured][] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const [first, second] = [await ask(servers[0], operation, body), await ask(servers[1], operation, body)];
    if (round >= 0) rounds.push([first, second]);
  }
  const middle = (side: 0 | 1): Measured =>
    rounds.map((each) => each[side]).sort((a, b) => a.requestsPerSecond - b.requestsPerSecond)[
      rounds.length >> 1
    ] as Measured;
  return [middle(0), middle(1)];
}

/** p99 of Describe with a thousand jobs and with a million, turn by turn; memory with a million. */
async function scale(): Promise<void> {
  const homes = { few: join(directory, 'few'), many: join(directory, 'many') };
  await seedJobs(homes.few, 0, 1000);
  await seedJobs(homes.many, 0, MANY);
  const few = await startSluice(homes.few, ['--executor', 'simulate']);
  const many = await startSluice(homes.many, ['--executor', 'simulate']);
  try {
    console.log(`start with ${MANY} jobs: ${many.startMs.toFixed(0)} ms`);
    const results: { few: LoadResult[]; many: LoadResult[] } = { few: [], many: [] };
    for (let round = -1; round < 5; round++) {
      const small = await ask(few, 'DescribeTrainingJob', () => ({ TrainingJobName: randomName(1000) }));
      const large = await ask(many, 'DescribeTrainingJob', () => ({ TrainingJobName: randomName(MANY) }));
      if (round >= 0) {
        results.few.push(small);
        results.many.push(large);
      }
    }
    const p99 = (of: readonly LoadResult[]): number => median(of.map((result) => result.p99));
    const ratio = p99(results.many) / p99(results.few);
    console.log(
      `p99 of Describe: ${p99(results.few).toFixed(2)} ms with 1,000 jobs, ${p99(results.many).toFixed(2)} ms with 1,000,000; ratio ${ratio.toFixed(2)} (limit 1.5) ${ratio <= 1.5 ? 'ok' : 'TOO SLOW'}`,
    );
    await ask(many, 'ListTrainingJobs', () => ({ MaxResults: 100 }));
    await ask(many, 'CreateTrainingJob', (index) => benchRequest(`more-${index}`));
    const memory = many.memory();
    console.log(
      `memory with 1,000,000 jobs: ${memory.toFixed(0)} MiB (limit 200) ${memory <= 200 ? 'ok' : 'TOO MUCH'}\n`,
    );
  } finally {
    await Promise.all([few.stop(), many.stop()]);
  }
}

/**
 * p99 of Describe while four jobs copy data and print 50,000 lines a second together, against the same server idle; and
 * whether each line is in the log.
 */
async function busy(): Promise<void> {
  const home = join(directory, 'busy');
  await seedJobs(home, 0, 1000);
  const bucket = join(home, 's3', 'bucket');
  const data = join(bucket, 'data');
  mkdirSync(data, { recursive: true });
  for (let file = 0; file < 8; file++) writeFileSync(join(data, `${file}`), randomBytes(32 << 20));
  mkdirSync(join(bucket, 'program'));
  writeFileSync(join(bucket, 'program', 'main.mjs'), WRITER);
  const server = await startSluice(home);
  try {
    const describe = (seconds: number): Promise<Measured> =>
      ask(server, 'DescribeTrainingJob', () => ({ TrainingJobName: randomName(1000) }), {
        connections: 1,
        pauseMs: 2,
        seconds,
      });
    await describe(2);
    const idle = await describe(2 * SECONDS);
    const names = [1, 2, 3, 4].map((job) => `writer-${job}`);
    for (const name of names) {
      await ask(server, 'CreateTrainingJob', () => writerRequest(name), {
        connections: 1,
        requests: 1,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const loaded = await describe(2 * SECONDS);
    const lines = await Promise.all(names.map((name) => countLines(server, home, name)));
    const ratio = loaded.p99 / idle.p99;
    console.log(
      `p99 of Describe: idle ${idle.p99.toFixed(2)} ms, while four jobs write ${loaded.p99.toFixed(2)} ms; ratio ${ratio.toFixed(1)} (limit 3) ${ratio <= 3 ? 'ok' : 'TOO SLOW'}`,
    );
    const lost = names.length * LINES - lines.reduce((sum, count) => sum + count, 0);
    console.log(
      `log lines lost: ${lost} of ${names.length * LINES} (limit 0) ${lost === 0 ? 'ok' : 'LOST'}\n`,
    );
  } finally {
    await server.stop();
  }
}

function writerRequest(name: string): object {
  const channel = (ChannelName: string, prefix: string): object => ({
    ChannelName,
    DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: `s3://bucket/${prefix}/` } },
  });
  return {
    ...benchRequest(name),
    AlgorithmSpecification: {
      TrainingImage: 'sluice/node:24',
      TrainingInputMode: 'File',
      ContainerEntrypoint: ['node', '/opt/ml/input/data/code/main.mjs'],
    },
    InputDataConfig: [channel('code', 'program'), channel('data', 'data')],
  };
}

/** The lines of a job's log, once it has ended. */
async function countLines(server: MeasuredServer, home: string, name: string): Promise<number> {
  for (let waited = 0; waited < 300; waited++) {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'x-amz-target': 'SageMaker.DescribeTrainingJob',
        'content-type': 'application/x-amz-json-1.1',
      },
      body: JSON.stringify({ TrainingJobName: name }),
    });
    const job = (await response.json()) as { TrainingJobStatus: string; FailureReason?: string };
    if (job.TrainingJobStatus === 'Completed') {
      const log = readFileSync(join(home, 'jobs', 'training', name, 'logs', 'algo-1.log'), 'latin1');
      return log.match(/ line \d+ of a job/g)?.length ?? 0;
    }
    if (job.TrainingJobStatus === 'Failed') throw new Error(job.FailureReason);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${name} has not ended`);
}

/** Until it answers, in a new home and in one that was used. */
async function start(): Promise<void> {
  const home = join(directory, 'start');
  const times: number[] = [];
  const cpuTimes: number[] = [];
  for (let round = 0; round < 6; round++) {
    const server = await startSluice(home);
    if (round > 0) {
      times.push(server.startMs);
      cpuTimes.push(server.cpuMs());
    }
    await server.stop();
  }
  const ms = median(times);
  console.log(
    `sluice serve answers after ${ms.toFixed(0)} ms, ${median(cpuTimes).toFixed(0)} ms of processor (limit 400) ${ms <= 400 ? 'ok' : 'TOO SLOW'}`,
  );
}

async function ask(
  server: MeasuredServer,
  operation: string,
  body: LoadOptions['body'],
  more: Partial<LoadOptions> = {},
): Promise<Measured> {
  const before = server.cpuMs();
  const result = await load({
    url: server.url,
    operation,
    body,
    connections: CONNECTIONS,
    seconds: SECONDS,
    ...more,
  });
  return { ...result, cpuMs: (server.cpuMs() - before) / result.requests };
}

function randomName(count: number): string {
  return seededName(Math.floor(Math.random() * count));
}

function show({ requestsPerSecond, p99, cpuMs }: Measured): string {
  return `${requestsPerSecond.toFixed(0)}/s, p99 ${p99.toFixed(1)} ms, ${cpuMs.toFixed(3)} ms of processor each`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}
