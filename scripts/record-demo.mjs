// Draws docs/demo.svg: what the demo prints on a terminal, from a real run in a home of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { buildOnce } from './support/build.mjs';
import { prepareProject, root } from './support/project.mjs';

const lineHeight = 18;
const charWidth = 7.8;
const padding = 16;
const colours = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};

await prepareProject();
if ((await buildOnce()) !== 0) process.exit(1);
const home = mkdtempSync(join(tmpdir(), 'sluice-demo-'));
try {
  const result = spawnSync(
    process.execPath,
    [join(root, 'dist', 'cli', 'main.js'), 'run', 'examples/diagnosis/pipeline.ts'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, SLUICE_HOME: home, FORCE_COLOR: '1' } },
  );
  if (result.status !== 0) throw new Error(`the demo failed:\n${result.stdout}${result.stderr}`);
  const text = result.stdout.replaceAll(home, '~/.local/share/sluice');
  writeFileSync(join(root, 'docs', 'demo.svg'), toSvg(['$ npm run demo', ...text.trimEnd().split('\n')]));
} finally {
  rmSync(home, { recursive: true, force: true });
}

function toSvg(lines) {
  const columns = Math.max(...lines.map((line) => stripVTControlCharacters(line).length));
  const width = Math.ceil(columns * charWidth) + 2 * padding;
  const height = lines.length * lineHeight + 2 * padding;
  const rows = lines.map((line, index) => {
    const y = padding + (index + 0.75) * lineHeight;
    return `<text x="${padding}" y="${y}" xml:space="preserve">${toSpans(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The demo's output on a terminal">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#c9d1d9">
${rows.join('\n')}
</g>
</svg>
`;
}

/** The runs of one style between two escape sequences. */
function toSpans(line) {
  let style = {};
  return line
    .split(/(\u001B\[[\d;]*m)/)
    .map((part) => {
      const codes = /^\u001B\[([\d;]*)m$/.exec(part);
      if (codes === null) return part === '' ? '' : `<tspan${attributes(style)}>${escapeXml(part)}</tspan>`;
      for (const code of codes[1].split(';').map(Number)) style = applyCode(style, code);
      return '';
    })
    .join('');
}

function applyCode(style, code) {
  if (code === 0) return {};
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 39) return { ...style, colour: undefined };
  return { ...style, colour: colours[code] ?? style.colour };
}

function attributes({ bold, dim, colour }) {
  return `${colour ? ` fill="${colour}"` : ''}${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
