import type { Command } from 'commander';

/** One `--exclude` or `--include`, in the order of the command line. */
interface Filter {
  readonly include: boolean;
  readonly pattern: RegExp;
}

/** Adds `--exclude` and `--include`. The last one that matches a relative path decides. */
export function addFilterOptions(command: Command): (relative: string) => boolean {
  const filters: Filter[] = [];
  const add = (include: boolean) => (text: string) =>
    void filters.push({ include, pattern: parsePattern(text) });
  command
    .option(
      '--exclude <pattern>',
      'leave out what matches (*, ?, [abc], [!abc]); repeat for more',
      add(false),
    )
    .option('--include <pattern>', 'take in again what matches; later ones win', add(true));
  return (relative) => filters.findLast(({ pattern }) => pattern.test(relative))?.include ?? true;
}

/** A pattern of the shell in which `*` matches slashes too, as in the AWS CLI. */
export function parsePattern(text: string): RegExp {
  const source = text.replaceAll(
    /\[(!?)([^\]]+)\]|[*?]|[^*?[]+|\[/g,
    (token, not: string | undefined, set: string | undefined) => {
      if (token === '*') return '.*';
      if (token === '?') return '.';
      if (set !== undefined) return `[${not ? '^' : ''}${set.replaceAll(/[\\\]^]/g, String.raw`\$&`)}]`;
      return token.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    },
  );
  return new RegExp(`^${source}$`, 's');
}
