import type { Home } from '../../../home/index.ts';
import type { JobHandle } from '../../../platforms/index.ts';
import { listNodes } from '../../../state/index.ts';
import type { TaskLogLine } from '../task-type.ts';

/** Between the position of a node and the cursor of its log. */
const SEPARATOR = ':';

/** The log lines of a run's jobs, one job after the other, those that there are. */
export async function* readRunLog(
  home: Home,
  run: string,
  cursor: string | undefined,
): AsyncGenerator<TaskLogLine> {
  const [from, after] = readCursor(cursor);
  const platforms = await home.platforms();
  for (const { position, job } of await listNodes(home.state, run)) {
    const platform = job && platforms[job.platform];
    if (!platform || position < from) continue;
    const options = position === from && after !== undefined ? { cursor: after } : {};
    for await (const line of platform.logs(job as JobHandle, options))
      if (!line.overwritten)
        yield {
          timestamp: line.timestamp,
          message: line.message,
          cursor: `${position}${SEPARATOR}${line.cursor}`,
        };
  }
}

function readCursor(cursor: string | undefined): [number, string | undefined] {
  if (!cursor) return [0, undefined];
  const at = cursor.indexOf(SEPARATOR);
  return [Number.parseInt(cursor, 10) || 0, at < 0 ? undefined : cursor.slice(at + 1)];
}
