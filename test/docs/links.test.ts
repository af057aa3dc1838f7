import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const pages = globSync(['*.md', '{docs,examples,python}/**/*.md'], {
  cwd: root,
  exclude: (name) => /(^|\/)(node_modules|\.venv)$/.test(name),
});

it.each(pages)('every link of %s leads to a file and a heading that are there', (page) => {
  const links = textOf(join(root, page))
    .replaceAll(/`[^`\n]*`/g, '')
    .matchAll(/\]\((?![a-z]+:)([^)\s#]*)(?:#([^)\s]+))?\)/g);
  const broken = [...links].filter(([, path = '', heading]) => {
    const target = path === '' ? join(root, page) : join(root, dirname(page), path);
    if (!existsSync(target) || relative(root, target).startsWith('..')) return true;
    return heading !== undefined && target.endsWith('.md') && !headingsOf(target).has(heading);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

/** Without what stands as code: brackets there are no links, and a # is no heading. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1/gm, '');
}

/** As GitHub names them. */
function headingsOf(path: string): Set<string> {
  const names = new Map<string, number>();
  for (const [, title = ''] of textOf(path).matchAll(/^#+ +(.+)$/gm)) {
    const text = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const name = text.replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '').replaceAll(' ', '-');
    const count = names.get(name) ?? 0;
    names.set(name, count + 1);
    if (count > 0) names.set(`${name}-${count}`, 1);
  }
  return new Set(names.keys());
}
