/** Options of a requirements file that name nothing beside it. */
const PLAIN_OPTION =
  /^(?:-i|--index-url|--extra-index-url|--trusted-host|--no-binary|--only-binary|--pre|--prefer-binary|--no-index)(?:[\s=]|$)/;
/** `name[extra] >= 1; marker`, or `name @ https://…`. */
const PLAIN_REQUIREMENT = /^[A-Za-z0-9][\w.-]*\s*(?:\[[\w\s,.-]*\])?\s*(?:$|[<>=!~;(,]|@\s*https:\/\/)/;

/**
 * Whether what a requirements file installs depends on its text alone, so that jobs with the same text may share
 * it. Files that name others (`-r`, `-c`, `-e .`, `./wheels/x.whl`) are installed for each job anew.
 */
export function isSelfContained(requirements: string): boolean {
  return requirements
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .every((line) => line === '' || PLAIN_OPTION.test(line) || PLAIN_REQUIREMENT.test(line));
}
