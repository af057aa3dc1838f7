import { existsSync } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mapAtOnce } from '../../core/for-each-at-once.ts';
import { jobDirectory, LOGS_DIRECTORY } from '../../core/home.ts';
import { removeTree } from '../../core/tree/index.ts';
import { jobTypes } from '../../home/index.ts';
import { removeRun } from '../../home/runs/index.ts';
import { isEnded, type JobSummary, listLeftUploads, removeLeftUpload } from '../../jobs/index.ts';
import {
  getEndpoint,
  isRunActive,
  listRunJobs,
  listRuns,
  type RunJob,
  type RunRecord,
  readRoster,
} from '../../state/index.ts';
import { bundleCandidates } from './bundle-candidates.ts';
import { ALL, type Candidate, type PruneContext } from './candidate.ts';
import { measureTree } from './measure-tree.ts';

/** Directories that are measured at the same time. */
const MEASURED_AT_ONCE = 16;

/** All that is not in use, and that no run needs which stays. */
export async function listCandidates(context: PruneContext, failedRuns: boolean): Promise<Candidate[]> {
  const jobs = (
    await Promise.all(jobTypes.map((type) => context.jobs[type].listSummaries({ limit: ALL })))
  ).flat();
  const runs = await listRuns(context.state, { limit: ALL });
  const roster = await readRoster(context.state);
  const byRun = jobsByRun(await listRunJobs(context.state), jobs);
  const inRuns = new Set([...byRun.values()].flat());
  const ended = jobs.filter(({ status }) => isEnded(status));
  const idle = ended.length === jobs.length && !runs.some((run) => isRunActive(roster, run));
  const looks = [
    ...runs
      .filter((run) => !isRunActive(roster, run) && mayGo(run, byRun.get(run.id) ?? [], failedRuns))
      .map((run) => () => runCandidate(context, run, byRun.get(run.id) ?? [])),
    ...ended.filter((job) => !inRuns.has(job)).map((job) => () => jobCandidate(context, job)),
    ...ended.map((job) => () => dataCandidates(context, job)),
    () => strayCandidates(context, jobs),
    () => bundleCandidates(context, runs, jobs),
    () => uploadCandidates(context),
    // A job may use any of it: Python's packages are shared.
    ...(idle ? [() => cacheCandidates(context.paths.cache)] : []),
  ];
  return (await mapAtOnce(looks, MEASURED_AT_ONCE, (look) => look())).flat();
}

/** What succeeded, and with `failedRuns` what could be resumed; never what a job of it is under way of. */
function mayGo(run: RunRecord, jobs: readonly JobSummary[], failedRuns: boolean): boolean {
  if (jobs.some(({ status }) => !isEnded(status))) return false;
  return failedRuns || run.phase === 'Succeeded';
}

/** The jobs that are there, by their run. */
function jobsByRun(named: readonly RunJob[], jobs: readonly JobSummary[]): Map<string, JobSummary[]> {
  const known = new Map(jobs.map((job) => [`${job.type}/${job.name}`, job]));
  const there = named.flatMap(({ run, type, name }) => {
    const job = known.get(`${type}/${name}`);
    return job === undefined ? [] : [{ run, job }];
  });
  const groups = Map.groupBy(there, ({ run }) => run);
  return new Map([...groups].map(([run, list]) => [run, list.map(({ job }) => job)]));
}

async function runCandidate(
  context: PruneContext,
  { id, endedAt, updatedAt }: RunRecord,
  ofRun: readonly JobSummary[],
): Promise<Candidate[]> {
  const directories = ofRun.map((job) => jobDirectory(context.paths, job));
  const sizes = await mapAtOnce(directories, MEASURED_AT_ONCE, measureTree);
  return [
    {
      kind: 'runs',
      name: id,
      lastUsedAt: endedAt ?? updatedAt,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      directories,
      remove: () => removeRun(context, id),
    },
  ];
}

async function jobCandidate({ jobs, paths }: PruneContext, job: JobSummary): Promise<Candidate[]> {
  const directory = jobDirectory(paths, job);
  return [
    {
      kind: 'jobs',
      name: job.name,
      lastUsedAt: job.endedAt ?? job.modifiedAt,
      bytes: await measureTree(directory),
      directories: [directory],
      remove: () => jobs[job.type].remove(job),
    },
  ];
}

async function dataCandidates({ paths }: PruneContext, job: JobSummary): Promise<Candidate[]> {
  const directory = jobDirectory(paths, job);
  const names = (await readdir(directory).catch(() => [])).filter((name) => name !== LOGS_DIRECTORY);
  if (names.length === 0) return [];
  const places = names.map((name) => join(directory, name));
  const sizes = await Promise.all(places.map(measureTree));
  return [
    {
      kind: 'data',
      name: job.name,
      lastUsedAt: job.endedAt ?? job.modifiedAt,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      directories: [directory],
      remove: () => removeAll(places),
    },
  ];
}

/** Directories of jobs and endpoints that the database does not know. */
async function strayCandidates(
  { paths, state }: PruneContext,
  jobs: readonly JobSummary[],
): Promise<Candidate[]> {
  const known = new Set(jobs.map((job) => jobDirectory(paths, job)));
  const ofJobs = (await Promise.all(jobTypes.map((type) => entries(join(paths.jobs, type))))).flat();
  const strays = ofJobs.filter((path) => !known.has(path));
  for (const path of await entries(join(paths.jobs, 'endpoint'))) {
    if (!(await getEndpoint(state, path.slice(path.lastIndexOf('/') + 1)))) strays.push(path);
  }
  return mapAtOnce(strays, MEASURED_AT_ONCE, (path) =>
    treeCandidate('logs', path.slice(paths.jobs.length + 1), [path]),
  );
}

/** What they take is known to their store alone. */
async function uploadCandidates(context: PruneContext): Promise<Candidate[]> {
  return (await listLeftUploads(context)).map((upload) => ({
    kind: 'uploads',
    name: upload.uri,
    lastUsedAt: upload.beganAt,
    bytes: 0,
    remove: () => removeLeftUpload(context, upload),
  }));
}

/** Below `cache/<group>`: a link and the directory that it names are one, and as old as the younger of them. */
async function cacheCandidates(cache: string): Promise<Candidate[]> {
  const groups = await Promise.all((await entries(cache)).map(entries));
  const places = groups.flat().filter((path) => !/\.lock|\.link$/.test(path));
  const units = new Map<string, string[]>();
  for (const path of places) {
    const target = await readlink(path).catch(() => undefined);
    const of = target === undefined ? path : join(path, '..', target);
    // The link first: what it named is no environment any more from then on.
    units.set(of, target === undefined ? [...(units.get(of) ?? []), path] : [path, ...(units.get(of) ?? [])]);
  }
  return mapAtOnce([...units.values()], MEASURED_AT_ONCE, (paths) =>
    treeCandidate('caches', (paths[0] as string).slice(cache.length + 1), paths),
  );
}

async function treeCandidate(
  kind: 'logs' | 'caches',
  name: string,
  places: readonly string[],
): Promise<Candidate> {
  const sizes = await Promise.all(places.map(measureTree));
  const times = await Promise.all(places.map(async (path) => (await lstat(path)).mtimeMs));
  return {
    kind,
    name,
    lastUsedAt: Math.max(...times),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    remove: () => removeAll(places),
  };
}

async function removeAll(places: readonly string[]): Promise<boolean> {
  for (const path of places) await removeTree(path);
  return !places.some((path) => existsSync(path));
}

async function entries(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((): string[] => []);
  return names.sort().map((name) => join(directory, name));
}
