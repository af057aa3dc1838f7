import { deleteLogEventsBefore, type LogGroupRecord, type LogStreamRecord } from '../../state/index.ts';
import type { OperationContext } from '../operations/operation.ts';
import { CustomLog } from './custom-log.ts';
import { type LogGroup, type LogStream, selectStreams } from './log-group.ts';

const DAY_MS = 86_400_000;

/** The streams that scripts have created in a group. Events that its retention has let go are removed when it is read. */
export function customGroup(
  context: Pick<OperationContext, 'state' | 'clock'>,
  { name, settings }: LogGroupRecord,
  records: readonly LogStreamRecord[],
): LogGroup {
  const notBefore = keptSince(settings.retentionInDays, context.clock());
  const all = records.map(
    (record): LogStream => ({
      name: record.name,
      createdAt: record.createdAt,
      async open() {
        if ((record.firstEventAt ?? 0) < notBefore) {
          await deleteLogEventsBefore(context.state, record.id, notBefore);
        }
        return new CustomLog(context.state, record);
      },
    }),
  );
  return {
    name,
    async *streams(selection) {
      yield* selectStreams(all, selection);
    },
    find: async (stream) => all.find((each) => each.name === stream),
  };
}

/** Since when events are kept, milliseconds since 1970: 0 where they are kept for ever. */
export function keptSince(retentionInDays: number | undefined, now: Date): number {
  return retentionInDays === undefined ? 0 : now.getTime() - retentionInDays * DAY_MS;
}
