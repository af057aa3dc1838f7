import picocolors from 'picocolors';
import type { NodeResult } from '../../engine/index.ts';
import type { JobStatus } from '../../platforms/index.ts';
import { formatDuration, formatNumber } from './format.ts';
import { colourState } from './states.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const marks: Readonly<Record<NodeResult['phase'], string>> = {
  NotYetStarted: picocolors.dim('·'),
  Running: picocolors.cyan('▸'),
  RetryableFailure: picocolors.yellow('↻'),
  Succeeded: picocolors.green('✔'),
  Failed: picocolors.red('✖'),
  TimedOut: picocolors.red('✖'),
  Aborted: picocolors.yellow('■'),
};

/** One character for a phase; with a frame number, a running step's turns. */
export function phaseMark(phase: NodeResult['phase'], frame?: number): string {
  if (phase !== 'Running' || frame === undefined) return marks[phase];
  return picocolors.cyan(frames[frame % frames.length] ?? '');
}

/** What a step does now, or how it ended. */
export function stepText(node: NodeResult, job: JobStatus | undefined, now: Date): string {
  const { phase, startedAt, endedAt, attempt, error } = node;
  const words = [phase === 'Running' && job?.secondaryStatus ? job.secondaryStatus : colourState(phase)];
  if (startedAt) words.push(formatDuration((endedAt ?? now).getTime() - startedAt.getTime()));
  if (attempt > 1) words.push(`attempt ${attempt}`);
  if (phase === 'Running') words.push(...metricWords(job));
  if (error) words.push(picocolors.dim(error.message));
  return words.join('  ');
}

function metricWords(job: JobStatus | undefined): string[] {
  const metrics = Object.entries(job?.metrics ?? {}).slice(0, 3);
  return metrics.map(([name, value]) => picocolors.dim(`${name} ${formatNumber(value)}`));
}
