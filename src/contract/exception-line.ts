/** `ValueError: bad`, `sklearn.exceptions.NotFittedError: …`, `KeyboardInterrupt`: as Python and Node print them. */
const EXCEPTION =
  /^(?:Uncaught )?(?:[A-Za-z_$][\w$]*\.)*(?:[A-Z]\w*)?(?:Error|Exception|Interrupt|Exit|Warning|Iteration|Timeout)\b(?: \[\w+\])?(?::.*)?$/;
/** What stands before one, and the start of a traceback: without either, a line that looks like one may be any. */
const BEFORE =
  /^(?:Traceback \(most recent call last\):|\s+at .+|\s+File ".+", line \d+|node:.+:\d+|.*:\d+$|Node\.js v\d+)/;
const MAX_LENGTH = 300;

/**
 * The line of a log in which a program says why it ended: the last one of a Python traceback, Node's own of an uncaught
 * error.
 *
 * @param lines the end of a log
 */
export function exceptionLine(lines: readonly string[]): string | undefined {
  if (!lines.some((line) => BEFORE.test(line))) return undefined;
  const found = lines.findLast((line) => EXCEPTION.test(line));
  return found === undefined || found.length <= MAX_LENGTH ? found : `${found.slice(0, MAX_LENGTH - 1)}…`;
}
