import { protoTime } from '../literals/write-literal.ts';
import type { TaskLogLine } from '../task-type.ts';

/** Lines of one message: small ones, since clients take 4 MB. */
const PAGE_LINES = 500;
/** Of one line, characters. */
const LONGEST_LINE = 4000;
/** Lines of one answer, where nobody says how many. */
const MOST_LINES = 10_000;

/** flyteidl.admin.GetTaskLogsResponse */
export interface LogPage {
  readonly header?: { readonly token: string };
  /** Its lines, and the same with their times by another name. */
  readonly body?: { readonly results: readonly string[]; readonly [member: string]: readonly unknown[] };
}

/** The lines of a log in pages, and at the end the token by which the next request goes on. */
export async function* logPages(
  log: AsyncIterable<TaskLogLine>,
  most: number,
  token: string | undefined,
  linesMember: string,
): AsyncGenerator<LogPage> {
  let page: TaskLogLine[] = [];
  let left = most > 0 ? most : MOST_LINES;
  let last = token;
  for await (const line of log) {
    page.push(line);
    last = line.cursor;
    if (--left === 0) break;
    if (page.length < PAGE_LINES) continue;
    yield pageOf(page, linesMember);
    page = [];
  }
  if (page.length > 0) yield pageOf(page, linesMember);
  if (last) yield { header: { token: last } };
}

function pageOf(lines: readonly TaskLogLine[], linesMember: string): LogPage {
  const texts = lines.map(({ message }) => message.slice(0, LONGEST_LINE));
  return {
    body: {
      results: texts,
      [linesMember]: lines.map(({ timestamp }, at) => ({
        timestamp: protoTime(timestamp.getTime()),
        message: texts[at],
        originator: 'USER',
      })),
    },
  };
}
