import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SluiceError } from '../../src/core/errors.ts';
import type { JobHandle, JobStatus } from '../../src/platforms/index.ts';
import { Poller, type PollerOptions } from '../../src/platforms/poller.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const throttled = new Error('Rate exceeded');

/** A platform in memory: its jobs have the statuses that the test gives them, and its questions are counted. */
class Answers {
  readonly statuses = new Map<string, JobStatus | Error>();
  /** The names that each question was for, and when it came. */
  readonly questions: { readonly at: number; readonly names: readonly string[] }[] = [];
  /** Thrown in place of every answer. */
  down: unknown;
  hangs = false;

  poller(options: Partial<PollerOptions> = {}): Poller {
    return new Poller({
      statusOf: (handles) => this.#answer(handles.map(({ jobName }) => jobName)),
      isThrottled: (error) => error === throttled,
      random: () => 0.5,
      ...options,
    });
  }

  async #answer(names: readonly string[]): Promise<(JobStatus | Error)[]> {
    this.questions.push({ at: performance.now(), names });
    if (this.hangs) await new Promise(() => undefined);
    if (this.down !== undefined) throw this.down;
    return names.map((name) => this.statuses.get(name) ?? statusOf('running'));
  }

  /** Milliseconds between the questions. */
  waits(): number[] {
    return this.questions.slice(1).map(({ at }, index) => at - (this.questions[index]?.at ?? 0));
  }
}

function statusOf(phase: JobStatus['phase'], message = ''): JobStatus {
  return { phase, status: phase, message, outputs: {}, metrics: {}, createdAt: new Date(0) };
}

const handleOf = (jobName: string): JobHandle => ({ platform: 'far', jobType: 'training', jobName });

/** Collects what a watch tells, and how it ended. */
function watch(poller: Poller, name: string, signal?: AbortSignal) {
  const seen: string[] = [];
  const watching = { seen, end: 'watching' as unknown };
  const read = async (): Promise<void> => {
    for await (const { phase } of poller.watch(handleOf(name), { signal })) seen.push(phase);
  };
  read().then(
    () => (watching.end = 'ended'),
    (error: unknown) => (watching.end = error),
  );
  return watching;
}

/** In small steps: what is done in turns of the real event loop is done by the next one. */
async function seconds(count: number): Promise<void> {
  let leftMs = count * 1000;
  do {
    await vi.advanceTimersByTimeAsync(Math.min(leftMs, 500));
    await new Promise(setImmediate);
    leftMs -= 500;
  } while (leftMs > 0);
}

describe('the poller', () => {
  it('tells the status at once, then each change and no repetition, and ends with the job', async () => {
    const far = new Answers();
    const poller = far.poller();
    far.statuses.set('a', statusOf('queued'));
    const a = watch(poller, 'a');
    await seconds(0);
    expect(a.seen).toEqual(['queued']);
    await seconds(3);
    far.statuses.set('a', statusOf('running'));
    await seconds(3);
    far.statuses.set('a', statusOf('succeeded'));
    await seconds(3);
    expect(a).toEqual({ seen: ['queued', 'running', 'succeeded'], end: 'ended' });
    const asked = far.questions.length;
    await seconds(1000);
    expect(far.questions, 'nobody watches any more').toHaveLength(asked);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks often at first, seldom for what goes on as it is, and often again after a change', async () => {
    const far = new Answers();
    watch(far.poller(), 'a');
    await seconds(3600);
    const waits = far.waits();
    expect(waits[0]).toBe(1000);
    expect(waits.at(-1)).toBe(30_000);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    // An hour at one question a second would be 3,600.
    expect(waits.length).toBeLessThan(200);
    far.statuses.set('a', statusOf('running', 'epoch 2'));
    await seconds(33);
    expect(Math.min(...far.waits().slice(waits.length))).toBe(1000);
  });

  it('asks for many jobs in few questions, each job once', async () => {
    const far = new Answers();
    const poller = far.poller({ batchSize: 100 });
    const names = Array.from({ length: 250 }, (_, index) => `job-${index}`);
    const watches = names.map((name) => watch(poller, name));
    watch(poller, 'job-0');
    await seconds(0);
    expect(far.questions.map((question) => question.names.length)).toEqual([100, 100, 50]);
    expect(far.questions.flatMap((question) => question.names)).toEqual(names);
    expect(watches.every(({ seen }) => seen.length === 1)).toBe(true);
    poller.close();
    await seconds(0);
    expect(watches.every(({ end }) => end === 'ended')).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shares a question among who watches the same job, and tells who comes later what is known', async () => {
    const far = new Answers();
    const poller = far.poller();
    const first = watch(poller, 'a');
    await seconds(0.5);
    const second = watch(poller, 'a');
    await seconds(0);
    expect([first.seen, second.seen]).toEqual([['running'], ['running']]);
    expect(far.questions).toHaveLength(1);
    const stop = new AbortController();
    const third = watch(poller, 'a', stop.signal);
    await seconds(1);
    stop.abort();
    await seconds(0);
    expect(third.end).toBe('ended');
    far.statuses.set('a', statusOf('failed'));
    await seconds(2);
    expect([first.end, second.end]).toEqual(['ended', 'ended']);
    expect(third.seen).toEqual(['running']);
  });

  it('asks less of a platform that throttles, keeps what was known, and goes on where it was', async () => {
    const far = new Answers();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const poller = far.poller();
    const watches = names.map((name) => watch(poller, name));
    await seconds(1.5);
    far.down = throttled;
    far.questions.length = 0;
    await seconds(600);
    expect(watches.every(({ seen, end }) => seen.join() === 'running' && end === 'watching')).toBe(true);
    // At one question a second for each it would be 4,800; no more than those under way go out between two pauses.
    expect(far.questions.length).toBeLessThan(100);
    far.down = undefined;
    for (const name of names) far.statuses.set(name, statusOf('succeeded'));
    await seconds(61);
    expect(watches.every(({ end }) => end === 'ended')).toBe(true);
  });

  it('spreads its questions by chance', async () => {
    const far = new Answers();
    const chances = [0, 1, 0.25];
    watch(far.poller({ random: () => chances.shift() ?? 0.5 }), 'a');
    await seconds(5);
    expect(
      far
        .waits()
        .slice(0, 4)
        .map((ms) => Math.round(ms / 10) * 10),
    ).toEqual([800, 1200, 900, 1000]);
  });

  it('keeps the error of one job from the others', async () => {
    const far = new Answers();
    const poller = far.poller({ batchSize: 10 });
    const gone = new SluiceError('JobNotFound', 'There is no such job.');
    far.statuses.set('b', gone);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => watch(poller, name));
    await seconds(0);
    expect(b).toEqual({ seen: [], end: gone });
    far.statuses.set('a', statusOf('succeeded'));
    far.statuses.set('c', statusOf('failed'));
    await seconds(2);
    expect([a?.end, c?.end]).toEqual(['ended', 'ended']);
    expect(far.questions.at(-1)?.names).toEqual(['a', 'c']);
  });

  it('asks for each job alone where a question for several is refused', async () => {
    const refusal = new SluiceError('InvalidArgument', 'A name is no name.');
    const poller = new Poller({
      batchSize: 10,
      statusOf: async (handles) => {
        if (handles.some(({ jobName }) => jobName === 'bad')) throw refusal;
        return handles.map(() => statusOf('succeeded'));
      },
    });
    const watches = ['a', 'bad', 'c'].map((name) => watch(poller, name));
    await seconds(0);
    expect(watches.map(({ end }) => end)).toEqual(['ended', refusal, 'ended']);
  });

  it.each<[title: string, break_: (far: Answers) => void, message: string]>([
    ['cannot be reached', (far) => (far.down = new Error('no network')), 'no network'],
    ['does not answer', (far) => (far.hangs = true), 'The platform did not answer within 60000 ms.'],
    ['leaves the job out', (far) => far.statuses.set('a', new Error('not there yet')), 'not there yet'],
  ])('goes on for ten minutes with a platform that %s, then says so', async (_title, breakIt, message) => {
    const far = new Answers();
    const poller = far.poller();
    const a = watch(poller, 'a');
    await seconds(0);
    breakIt(far);
    await seconds(590);
    expect(a).toEqual({ seen: ['running'], end: 'watching' });
    await seconds(300);
    expect(a.end).toMatchObject({ message });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('watches nothing once it is closed, and may be closed twice', async () => {
    const far = new Answers();
    const poller = far.poller();
    const a = watch(poller, 'a');
    await seconds(0);
    poller.close();
    poller.close();
    const b = watch(poller, 'b');
    await seconds(10);
    expect([a.end, b.end]).toEqual(['ended', 'ended']);
    expect(far.questions).toHaveLength(1);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('loses no end of a job, whatever fails on the way (%i)', async (seed) => {
    const random = randomOf(seed);
    const far = new Answers();
    const poller = far.poller({ batchSize: 1 + Math.floor(random() * 5), random });
    const watches = new Map<string, ReturnType<typeof watch>>();
    for (let step = 0; step < 200; step++) {
      const name = `job-${Math.floor(random() * 20)}`;
      const chance = random();
      if (chance < 0.3 && !watches.has(name)) watches.set(name, watch(poller, name));
      else if (chance < 0.5) far.statuses.set(name, statusOf('running', String(step)));
      else if (chance < 0.6) far.statuses.set(name, new Error('passing'));
      else far.down = [throttled, new Error('no network'), undefined, undefined][Math.floor(random() * 4)];
      await seconds(random() * 5);
    }
    far.down = undefined;
    for (let index = 0; index < 20; index++) far.statuses.set(`job-${index}`, statusOf('succeeded'));
    await seconds(150);
    for (const { seen, end } of watches.values()) {
      expect(end).toBe('ended');
      expect(seen.filter((phase) => phase === 'succeeded')).toEqual(['succeeded']);
      expect(seen.at(-1)).toBe('succeeded');
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** The same numbers from 0 to 1 for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
