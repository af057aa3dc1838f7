import { DEFAULT_ACCOUNT } from '../core/account.ts';
import { admitRun, beginRun } from './begin-run.ts';
import type { Engine, EngineContext, EngineOptions } from './engine-options.ts';
import { resumeRun, startQueuedRun, takeUpRun } from './resume-run.ts';

const DEFAULT_MAX_QUEUE_MS = 1_800_000;

/** Makes an engine. It owns neither the state nor the platforms. */
export function createEngine(options: EngineOptions): Engine {
  const context: EngineContext = {
    state: options.state,
    platforms: options.platforms,
    account: options.account ?? DEFAULT_ACCOUNT,
    bundles: options.bundles,
    planner: options.planner,
    caps: options.caps,
    maxQueueMs: options.maxQueueMs ?? DEFAULT_MAX_QUEUE_MS,
    clock: options.clock ?? (() => new Date()),
  };
  return {
    run: (start) => beginRun(context, start),
    resume: (runId, resume = {}) => resumeRun(context, runId, resume),
    admit: (start) => admitRun(context, start),
    takeUp: (runId, resume) => takeUpRun(context, runId, resume),
    startQueued: (queued, reserved, resume) => startQueuedRun(context, queued, reserved, resume),
  };
}
