import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of a page. */
interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

/** README and every page of docs/, relative to the clone. */
export function docPages(): string[] {
  const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...names.sort().map((name) => `docs/${name}`)];
}

/** The fenced blocks of a page, in their order. */
export function fencedBlocks(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; lines: string[] } | undefined;
  for (const line of readFileSync(join(root, page), 'utf8').split('\n')) {
    const fence = /^\s*```(\w*)\s*$/.exec(line);
    if (!fence) open?.lines.push(line.trim());
    else if (open) {
      blocks.push(open);
      open = undefined;
    } else open = { language: fence[1] ?? '', lines: [] };
  }
  return blocks;
}

/** The command lines that a page shows, without what explains them. */
export function commandLines(page: string): string[] {
  return fencedBlocks(page)
    .filter(({ language }) => ['', 'sh', 'bash', 'console'].includes(language))
    .flatMap(({ lines }) =>
      lines
        .join('\n')
        .replaceAll(/\\\n\s*/g, '')
        .split('\n'),
    )
    .map((line) => line.replace(/(?<=\S)\s{2,}\S.*$|\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
