import { describe, expect, it, onTestFinished } from 'vitest';
import {
  appendLogEvents,
  claimRun,
  countEndpoints,
  countJobs,
  createEndpoint,
  createJob,
  createLogGroup,
  createLogStream,
  createResource,
  createRun,
  createScalingActivity,
  currentProcess,
  type Database,
  deleteEndpoint,
  deleteJob,
  deleteLogEventsBefore,
  deleteLogGroup,
  deleteLogStream,
  deleteResource,
  deleteRun,
  deleteScalableTarget,
  deleteScalingPolicy,
  deleteTags,
  type EndpointRecord,
  endOrphan,
  findMetrics,
  firstLogEventAt,
  getEndpoint,
  getJob,
  getJobByIdempotencyKey,
  getLogGroup,
  getLogStream,
  getResource,
  getRun,
  getRunGraph,
  getScalableTarget,
  getTaggedRequest,
  getTags,
  isRunCancelRequested,
  type JobRecord,
  listEndpoints,
  listEndpointTargets,
  listEvents,
  listJobSummaries,
  listJobs,
  listLogGroups,
  listLogStreams,
  listMetrics,
  listNodes,
  listOpenJobs,
  listResources,
  listRunJobs,
  listRuns,
  listScalableTargets,
  listScalingActivities,
  listScalingPolicies,
  listStopRequests,
  logEventsEnd,
  type NewRun,
  putMetrics,
  putScalableTarget,
  putScalingPolicy,
  putTags,
  readLogEvents,
  readMetricPoints,
  readRoster,
  recordEvents,
  registerWorker,
  requestRunCancel,
  requestStop,
  saveRun,
  takeOverJob,
  updateEndpoint,
  updateJob,
  updateJobRequest,
  updateLogGroup,
  updateScalingActivity,
  workerOf,
} from '../../src/state/index.ts';
import { loseLease } from '../harness/lose-lease.ts';

/** Texts that a database might change: every one must come back as it was, or as JSON and UTF-8 have it. */
const TEXTS = [
  '',
  ' ',
  "'; DROP TABLE jobs; --",
  '? $1 :a %s \\ \\u0000',
  'a\0b\0',
  '\u{10ffff}0 and \u{10ffff}1\0',
  'ÄÖ ß ﬁ 日本 👩‍🔬 \uffff',
  'x'.repeat(100_000),
];
const LATE = 8_640_000_000_000_000;
/** This process as a worker of the database that was opened last. */
let worker = '';

/** Every operation of the state with the values at its edges, on whichever dialect `open` gives. */
export function testDatabase(name: string, open: () => Promise<Database>): void {
  async function opened(): Promise<Database> {
    const state = await open();
    onTestFinished(() => state.close());
    worker = await workerOf(state).join();
    return state;
  }

  describe(`${name}: statements`, () => {
    it('give rows by name and as lists, numbers as numbers, and how many rows were changed', async () => {
      const state = await opened();
      const insert =
        'INSERT INTO metric_points (series, time, count, sum, min, max) VALUES (?, ?, ?, ?, ?, ?)';
      const values = [1, LATE, 0.1, 1e300, -1e-300, Number.MAX_SAFE_INTEGER] as const;
      expect(await state.run(insert, ...values)).toBe(1);
      const select = 'SELECT series, time, count, sum, min, max FROM metric_points';
      const [series, time, count, sum, min, max] = values;
      expect(await state.get(select)).toEqual({ series, time, count, sum, min, max });
      expect(await state.lists(select)).toEqual([[...values]]);
      expect(await state.get(`${select} WHERE series = ?`, 2)).toBeUndefined();
      expect(await state.all(`${select} WHERE series > ? AND series < ?`, 0.5, 1.5)).toHaveLength(1);
      await state.runMany(insert, []);
      await state.runMany(insert, [values, [2, 0, -0.5, 3, 4, 5]]);
      expect(await state.run('UPDATE metric_points SET count = count + 1')).toBe(3);
      expect(await state.run('DELETE FROM metric_points WHERE series = ?', 3)).toBe(0);
      expect(await state.get("SELECT COUNT(*) AS n, '?' AS mark FROM metric_points")).toEqual({
        n: 3,
        mark: '?',
      });
    });

    it('keep every text, and compare texts as bytes', async () => {
      const state = await opened();
      for (const text of TEXTS) await putTags(state, `arn:${text}`, { [text]: text });
      for (const text of TEXTS) expect(await getTags(state, `arn:${text}`)).toEqual({ [text]: text });
      const names = ['a', 'B', '_', 'Z', 'é', 'a_', 'aa', 'ﬁ', '👩', '日'];
      for (const each of names) await createLogGroup(state, { name: each, createdAt: 1, settings: {} });
      const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect((await listLogGroups(state)).map((group) => group.name)).toEqual(sorted);
    });

    it('replace half of a surrogate pair, which UTF-8 does not have', async () => {
      const state = await opened();
      await recordEvents(state, [{ kind: 'job', subject: 'x\ud800', type: 'y', time: 1, data: 'z\udc00' }]);
      expect(await listEvents(state)).toMatchObject([{ subject: 'x\ufffd', data: 'z\udc00' }]);
    });
  });

  describe(`${name}: transactions`, () => {
    it('keep all or nothing', async () => {
      const state = await opened();
      const failing = state.transaction(async (transaction) => {
        await recordEvents(transaction, [event('one')]);
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await listEvents(state)).toEqual([]);
    });

    it('fail with a statement of theirs, whether its answer was waited for or not', async () => {
      const state = await opened();
      const bad = 'INSERT INTO graphs (hash, graph) VALUES (?, ?)';
      const twice = [
        ['h', '{}'],
        ['h', '{}'],
      ];
      await expect(state.transaction((transaction) => transaction.runMany(bad, twice))).rejects.toThrow(
        /unique/i,
      );
      await expect(
        state.transaction(async (transaction) => {
          await transaction.run(bad, 'h', '{}');
          await transaction.run(bad, 'h', '{}');
        }),
      ).rejects.toThrow(/unique/i);
      expect(await state.all('SELECT hash FROM graphs')).toEqual([]);
      await state.run(bad, 'h', '{}');
    });

    it('read what they have written, and what they read is still true when they write', async () => {
      const state = await opened();
      await createLogGroup(state, { name: 'counter', createdAt: 1, settings: { retentionInDays: 0 } });
      const add = (): Promise<boolean> =>
        updateLogGroup(state, 'counter', ({ retentionInDays = 0 }) => ({
          retentionInDays: retentionInDays + 1,
        }));
      await Promise.all(Array.from({ length: 30 }, add));
      expect((await getLogGroup(state, 'counter'))?.settings).toEqual({ retentionInDays: 30 });
      await state.transaction(async (transaction) => {
        await recordEvents(transaction, [event('mine')]);
        expect(await listEvents(transaction)).toHaveLength(1);
      });
    });

    it('of one turn are committed together; one that throws undoes its own alone', async () => {
      const state = await opened();
      const add = (subject: string, fail: boolean): Promise<void> =>
        state.groupedTransaction(async (transaction) => {
          await recordEvents(transaction, [event(subject)]);
          if (fail) throw new Error(`refused ${subject}`);
        });
      const results = await Promise.allSettled([add('a', false), add('b', true), add('c', false)]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await listEvents(state)).map(({ subject }) => subject)).toEqual(['a', 'c']);
    });
  });

  describe(`${name}: events`, () => {
    it('come in their order, by kind, by subject and after another', async () => {
      const state = await opened();
      await recordEvents(state, [event('a'), event('b', 'job'), event('a', 'node'), event('a')]);
      const ids = (await listEvents(state)).map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
      expect(await listEvents(state, { subject: 'a' })).toHaveLength(3);
      expect(await listEvents(state, { kind: 'job' })).toHaveLength(1);
      expect(await listEvents(state, { after: ids[1] ?? 0, limit: 1 })).toMatchObject([{ id: ids[2] }]);
      expect(await listEvents(state, { subject: 'none' })).toEqual([]);
    });
  });

  describe(`${name}: runs`, () => {
    it('begin, change, end, and are found', async () => {
      const state = await opened();
      const lease = await createRun(state, newRun('r1', 1));
      await createRun(state, newRun('r2', 2));
      const node = { id: 'n', position: 0, phase: 'Running', attempt: 1, systemFailures: 0 } as const;
      const ended = {
        ...node,
        phase: 'Succeeded',
        outputs: { text: 'a\0' },
        startedAt: 1,
        endedAt: LATE,
      } as const;
      await saveRun(state, { run: 'r1', lease, nodes: [node, ended], time: 3 });
      expect(await listNodes(state, 'r1')).toEqual([
        {
          position: 0,
          phase: 'Succeeded',
          attempt: 1,
          systemFailures: 0,
          outputs: { text: 'a\0' },
          startedAt: 1,
          endedAt: LATE,
        },
      ]);
      const end = { phase: 'Succeeded', outputs: { a: 1 } } as const;
      await saveRun(state, { run: 'r1', lease, nodes: [], end, time: 4 });
      expect(await getRun(state, 'r1')).toMatchObject({ phase: 'Succeeded', endedAt: 4, outputs: { a: 1 } });
      expect(await getRunGraph(state, 'r1')).toBe('{"a":"\\u0000"}');
      expect((await listRuns(state)).map(({ id }) => id)).toEqual(['r2', 'r1']);
      const filter = { workflow: 'flow', phase: 'Running', createdBefore: 2.5, limit: 1 } as const;
      expect(await listRuns(state, filter)).toMatchObject([{ id: 'r2' }]);
      await expect(getRun(state, 'none')).rejects.toMatchObject({ code: 'RunNotFound' });
    });

    it('are cancelled, claimed and removed, with their events and their graph', async () => {
      const state = await opened();
      await createRun(state, newRun('r2', 1));
      await loseLease(state);
      const first = await createRun(state, newRun('r1', 1));
      expect(await requestRunCancel(state, 'r1', 2)).toBe('asked');
      expect(await isRunCancelRequested(state, 'r1')).toBe(true);
      expect(await requestRunCancel(state, 'r2', 2)).toBe('aborted');
      expect(await isRunCancelRequested(state, 'r2')).toBe(false);
      await expect(claimRun(state, { id: 'r1', time: 3 })).rejects.toMatchObject({
        code: 'RunActive',
      });
      const second = await claimRun(state, { id: 'r2', time: 3 });
      expect(second.fence).toBeGreaterThan(1);
      expect(await deleteRun(state, 'r2')).toBe(false);
      await saveRun(state, { run: 'r2', lease: second, nodes: [], end: { phase: 'Failed' }, time: 4 });
      expect(await deleteRun(state, 'r2')).toBe(true);
      expect(await listEvents(state, { subject: 'r2' })).toEqual([]);
      expect(await getRunGraph(state, 'r1')).toContain('u0000');
      await saveRun(state, { run: 'r1', lease: first, nodes: [], end: { phase: 'Failed' }, time: 4 });
      expect(await deleteRun(state, 'r1')).toBe(true);
      expect(await state.all('SELECT hash FROM graphs')).toEqual([]);
    });
  });

  describe(`${name}: jobs`, () => {
    it('have a name and a key of their own, whatever the case', async () => {
      const state = await opened();
      await createJob(state, job('one'), 'run/node/1');
      const taken = { code: 'JobNameTaken' };
      await expect(createJob(state, job('one'), undefined)).rejects.toMatchObject(taken);
      await expect(createJob(state, { ...job('ONE'), arn: job('one').arn }, undefined)).rejects.toMatchObject(
        taken,
      );
      await expect(createJob(state, job('two'), 'run/node/1')).rejects.toMatchObject(taken);
      await createJob(state, { ...job('one'), type: 'processing', arn: 'other' }, 'run/node/1');
      expect(await getJob(state, 'training', 'one')).toEqual(job('one'));
      expect(await getJobByIdempotencyKey(state, 'training', 'run/node/1')).toMatchObject({ name: 'one' });
      expect(await listRunJobs(state, 'run')).toHaveLength(2);
      expect(await listRunJobs(state, 'ru')).toEqual([]);
      expect(await listRunJobs(state)).toHaveLength(2);
      expect(await countJobs(state)).toHaveLength(2);
    });

    it('are listed by pages, in every order, and found by a part of their name', async () => {
      const state = await opened();
      const names = ['a%b', 'A_b', 'a\\b', 'axb', 'Zé', 'zÉ'];
      for (const [index, each] of names.entries())
        await createJob(state, { ...job(each), createdAt: index % 2, modifiedAt: index }, undefined);
      const found = async (nameContains: string): Promise<string[]> =>
        (await listJobs(state, 'training', { nameContains, sortBy: 'name', sortOrder: 'ascending' })).map(
          (record) => record.name,
        );
      expect(await found('A%B')).toEqual(['a%b']);
      expect(await found('_B')).toEqual(['A_b']);
      expect(await found('\\')).toEqual(['a\\b']);
      expect(await found('XB')).toEqual(['axb']);
      expect(await found('é')).toEqual(['Zé']);
      expect(await found('')).toHaveLength(6);
      for (const sortBy of ['name', 'createdAt', 'status'] as const) {
        for (const sortOrder of ['ascending', 'descending'] as const) {
          const all = (await listJobSummaries(state, 'training', { sortBy, sortOrder })).map(
            (each) => each.name,
          );
          const paged: string[] = [];
          for (let after: { value: string | number; name: string } | undefined; ; ) {
            const [next] = await listJobSummaries(state, 'training', { sortBy, sortOrder, after, limit: 1 });
            if (!next) break;
            paged.push(next.name);
            after = { value: next[sortBy], name: next.name };
          }
          expect(paged).toEqual(all);
        }
      }
      const times = { createdAfter: 0.5, createdBefore: 1.5, modifiedAfter: 0.5, modifiedBefore: 3.5 };
      expect(await listJobs(state, 'training', times)).toHaveLength(2);
      expect(await listOpenJobs(state, 'training')).toHaveLength(6);
    });

    it('change, are asked to stop, change hands, end and are removed', async () => {
      const state = await opened();
      const own = job('own');
      const gone = await registerWorker(state, currentProcess());
      const lost = { ...job('lost'), lease: { worker: gone, fence: 1 } };
      for (const each of [own, lost]) await createJob(state, each, undefined);
      const holder = (await readRoster(state)).worker(lost.lease);
      await requestStop(state, 'training', 'own');
      expect(await listStopRequests(state, worker)).toEqual([{ type: 'training', name: 'own' }]);
      expect(await updateJobRequest(state, { ...own, request: { a: 2 } }, 'changed')).toBe(true);
      const noted = { ...lost, progress: { ...lost.progress, retries: 1 } };
      const stale = { found: noted, record: lost, holder, message: 'taken' };
      expect(await takeOverJob(state, stale, worker), 'it was written since it was found').toBeUndefined();
      expect(await endOrphan(state, stale)).toBe(false);
      const taken = { found: lost, record: lost, holder, message: 'taken' };
      expect(await takeOverJob(state, taken, worker)).toEqual({ worker, fence: 2 });
      expect(await takeOverJob(state, taken, worker)).toBeUndefined();
      const end = { found: lost, record: { ...lost, status: 'Failed' as const }, holder, message: 'gone' };
      expect(await endOrphan(state, end)).toBe(false);
      const late = updateJob(state, () => ({ record: end.record, events: [] }));
      await expect(late).rejects.toMatchObject({ code: 'LeaseLost' });
      const done = { ...own, status: 'Completed', endedAt: LATE, progress: { transitions: [] } } as const;
      await updateJob(state, () => ({ record: done, events: [event('training/own', 'job')] }));
      expect(await getJob(state, 'training', 'own')).toMatchObject({ status: 'Completed', endedAt: LATE });
      expect(await updateJobRequest(state, done, 'too late')).toBe(false);
      expect(await deleteJob(state, lost, 1)).toBe(false);
      expect(await deleteJob(state, done, 1)).toBe(true);
      expect(await getJob(state, 'training', 'own')).toBeUndefined();
    });
  });

  describe(`${name}: resources`, () => {
    it('have a name and an ARN of their own, and tags', async () => {
      const state = await opened();
      const model = { name: 'm', arn: 'arn:m', createdAt: 1, request: { ModelName: 'm' } };
      expect(await createResource(state, 'model', model)).toBe(true);
      expect(await createResource(state, 'model', model)).toBe(false);
      expect(await createResource(state, 'model', { ...model, name: 'M' })).toBe(false);
      expect(await getResource(state, 'model', 'm')).toEqual(model);
      expect(await listResources(state, 'model', { nameContains: 'M' })).toHaveLength(1);
      expect(await getTaggedRequest(state, 'model', 'arn:m')).toEqual({ ModelName: 'm' });
      await putTags(state, 'arn:m', { a: '1' });
      await putTags(state, 'arn:m', { b: '2' });
      expect(await getTags(state, 'arn:m')).toEqual({ b: '2' });
      await deleteTags(state, 'arn:m');
      expect(await getTags(state, 'arn:m')).toBeUndefined();
      expect(await deleteResource(state, 'model', 'm')).toBe(true);
      expect(await deleteResource(state, 'model', 'm')).toBe(false);
    });

    it('endpoints: are created once, change and go', async () => {
      const state = await opened();
      const endpoint: EndpointRecord = {
        name: 'e',
        arn: 'arn:e',
        status: 'Creating',
        createdAt: 1,
        modifiedAt: 1,
        request: { EndpointName: 'e', EndpointConfigName: 'c' },
        progress: { processes: [] },
        lease: { worker, fence: 1 },
      };
      expect(await createEndpoint(state, endpoint)).toBe(true);
      expect(await createEndpoint(state, { ...endpoint, name: 'E' })).toBe(false);
      await updateEndpoint(state, { ...endpoint, status: 'InService', modifiedAt: 2 }, true);
      expect(await getEndpoint(state, 'e')).toMatchObject({ status: 'InService', modifiedAt: 2 });
      expect(await listEndpoints(state, { status: 'InService' })).toHaveLength(1);
      expect(await countEndpoints(state)).toEqual([{ status: 'InService', count: 1 }]);
      await deleteEndpoint(state, endpoint, 3);
      expect(await getEndpoint(state, 'e')).toBeUndefined();
      expect((await listEvents(state, { kind: 'endpoint' })).map(({ type }) => type)).toEqual([
        'Creating',
        'InService',
        'Deleted',
      ]);
    });
  });

  describe(`${name}: logs and metrics`, () => {
    it('keeps events of streams in their order, whatever they hold', async () => {
      const state = await opened();
      const place = { group: 'g', name: 's', createdAt: 1 };
      expect(await createLogGroup(state, { name: 'g', createdAt: 1, settings: {} })).toBe(true);
      expect(await createLogGroup(state, { name: 'g', createdAt: 1, settings: {} })).toBe(false);
      expect(await createLogStream(state, place)).toBe(true);
      expect(await createLogStream(state, place)).toBe(false);
      const { id } = (await getLogStream(state, 'g', 's')) as { id: number };
      expect(await logEventsEnd(state, id)).toBe(0);
      const events = TEXTS.map((message, index) => ({ time: 10 + index, message }));
      expect(await appendLogEvents(state, id, events, 50)).toBe(true);
      expect(await appendLogEvents(state, id, [{ time: 5, message: 'early' }], 60)).toBe(true);
      expect(await appendLogEvents(state, id + 1, events, 50)).toBe(false);
      const [stream] = await listLogStreams(state, 'g');
      expect(stream).toMatchObject({ firstEventAt: 5, lastEventAt: 9 + TEXTS.length, ingestedAt: 60 });
      const all = { stream: id, begin: 0, end: LATE, from: 'begin', limit: 100, maxBytes: 1e9 } as const;
      const read = await readLogEvents(state, all);
      expect(read.map(({ message }) => message)).toEqual([...TEXTS, 'early']);
      expect(await readLogEvents(state, { ...all, from: 'end', limit: 1 })).toMatchObject([
        { message: 'early' },
      ]);
      expect(await readLogEvents(state, { ...all, maxBytes: 0 })).toHaveLength(1);
      expect(await firstLogEventAt(state, id, 11)).toBe(read[1]?.id);
      expect(await firstLogEventAt(state, id, LATE)).toBeUndefined();
      await deleteLogEventsBefore(state, id, 11);
      expect(await readLogEvents(state, all)).toHaveLength(TEXTS.length - 1);
      const end = await logEventsEnd(state, id);
      await deleteLogEventsBefore(state, id, LATE);
      await appendLogEvents(state, id, [{ time: 1, message: '' }], 1);
      expect((await readLogEvents(state, all))[0]?.id).toBeGreaterThanOrEqual(end);
      expect(await deleteLogStream(state, 'g', 's')).toBe(true);
      expect(await deleteLogStream(state, 'g', 's')).toBe(false);
      await deleteLogGroup(state, 'g');
      expect(await getLogGroup(state, 'g')).toBeUndefined();
    });

    it('keeps points of metrics, and when they were last', async () => {
      const state = await opened();
      const key = { namespace: 'n', name: 'm', dimensions: { b: '2', a: '1' } };
      const point = (time: number, value: number): object => ({
        time,
        count: 1,
        sum: value,
        min: value,
        max: value,
      });
      await putMetrics(state, [{ ...key, points: [point(5, 0.1), point(3, -1e300)] as never }]);
      await putMetrics(state, [
        { ...key, dimensions: { a: '1', b: '2' }, points: [point(4, 7)] as never },
        { ...key, unit: 'Count', points: [point(LATE, 1)] as never },
        { ...key, points: [] },
      ]);
      const [first, second] = await findMetrics(state, key);
      expect(new Set([first?.unit, second?.unit])).toEqual(new Set(['Count', 'None']));
      const none = (await findMetrics(state, key)).find(({ unit }) => unit === 'None');
      const points = await readMetricPoints(state, none?.id ?? 0, 0, 6);
      expect(points.map(({ time, sum }) => [time, sum])).toEqual([
        [3, -1e300],
        [4, 7],
        [5, 0.1],
      ]);
      expect(await listMetrics(state, { namespace: 'n', activeSince: 6 })).toHaveLength(1);
      expect(await listMetrics(state, { name: 'm', activeSince: 5 })).toHaveLength(2);
      expect(await listMetrics(state, { after: Number.MAX_SAFE_INTEGER })).toEqual([]);
    });

    it('keeps what scales variants: a target with its policies, and what was done, the newest first', async () => {
      const state = await opened();
      const resource = 'endpoint/a/variant/b';
      const suspended = { out: false, in: true, scheduled: false };
      const settings = { minCapacity: 1, maxCapacity: 2, roleArn: 'r', suspended, tags: { 'a\0': 'b' } };
      const target = { resource, arn: 'arn:1', createdAt: LATE, settings };
      await putScalableTarget(state, target);
      await putScalableTarget(state, {
        ...target,
        arn: 'arn:2',
        createdAt: 1,
        settings: { ...settings, maxCapacity: 9 },
      });
      expect(await getScalableTarget(state, resource)).toEqual({
        ...target,
        settings: { ...settings, maxCapacity: 9 },
      });
      await putScalableTarget(state, { ...target, resource: 'endpoint/ab/variant/b' });
      expect(await listEndpointTargets(state, 'a')).toHaveLength(1);
      expect(await listScalableTargets(state)).toHaveLength(2);
      const policy = { resource, name: 'p', arn: 'arn:p', createdAt: 1, request: { TargetValue: 0.5 } };
      expect(await putScalingPolicy(state, policy)).toBe('arn:p');
      expect(await putScalingPolicy(state, { ...policy, arn: 'other', request: { TargetValue: 7 } })).toBe(
        'arn:p',
      );
      expect(await listScalingPolicies(state, resource)).toEqual([
        { ...policy, request: { TargetValue: 7 } },
      ]);
      expect(await deleteScalingPolicy(state, resource, 'q')).toBe(false);
      const activity = { activityId: 'i', description: 'd', cause: 'c', from: 1, to: 2, message: '' };
      const begun = { ...activity, status: 'InProgress' } as const;
      const first = await createScalingActivity(state, resource, 1, begun);
      const second = await createScalingActivity(state, resource, 2, begun);
      await updateScalingActivity(state, second, { ...activity, status: 'Successful', endedAt: LATE });
      const all = await listScalingActivities(state, { resource, limit: 5 });
      expect(all.map(({ id, status, endedAt }) => [id, status, endedAt])).toEqual([
        [second, 'Successful', LATE],
        [first, 'InProgress', undefined],
      ]);
      expect(await listScalingActivities(state, { before: second, limit: 5 })).toHaveLength(1);
      // What is older than six weeks is forgotten.
      await createScalingActivity(state, resource, 43 * 86_400_000, begun);
      expect(await listScalingActivities(state, { limit: 5 })).toHaveLength(1);
      expect(await deleteScalableTarget(state, resource)).toBe(true);
      expect(await deleteScalableTarget(state, resource)).toBe(false);
      expect(await listScalingPolicies(state)).toEqual([]);
    });
  });
}

function event(subject: string, kind = 'run') {
  return { kind, subject, type: 'Running', time: 5 };
}

function newRun(id: string, time: number): NewRun {
  return {
    id,
    workflow: 'flow',
    graphHash: 'hash',
    graph: '{"a":"\\u0000"}',
    nodeCount: 1,
    inputs: { text: "a\0'" },
    options: { failurePolicy: 'FAIL_IMMEDIATELY' },
    time,
  };
}

function job(name: string): JobRecord {
  return {
    type: 'training',
    name,
    arn: `arn:${name}`,
    status: 'InProgress',
    secondaryStatus: 'Starting',
    createdAt: 1,
    modifiedAt: LATE,
    request: { text: 'a\0\ud800' },
    progress: { transitions: [] },
    lease: { worker, fence: 1 },
    details: [null, 'x'],
  };
}
