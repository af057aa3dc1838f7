/** A field of a CSV row: a number where it looks like one. */
export type CsvField = number | string;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Reads CSV as RFC 4180 has it: quoted fields may hold commas, quotes and line ends. */
export function parseCsv(text: string): CsvField[][] {
  return text.includes('"') ? parseQuoted(text) : parsePlain(text);
}

/** Writes CSV: each row a line; what is no list is a row of one field. */
export function formatCsv(value: unknown): string {
  const rows = Array.isArray(value) ? (value as unknown[]) : [value];
  return rows.map((row) => `${(Array.isArray(row) ? row : [row]).map(formatField).join(',')}\n`).join('');
}

function parsePlain(text: string): CsvField[][] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => line !== '')
    .map((line) => line.split(',').map(parseField));
}

function parseQuoted(text: string): CsvField[][] {
  const rows: CsvField[][] = [];
  let row: CsvField[] = [];
  let index = 0;
  while (index < text.length) {
    const field = readField(text, index);
    row.push(field.value);
    index = field.end;
    if (text[index] === ',') {
      index++;
      if (index === text.length) row.push('');
      else continue;
    }
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    index += text.startsWith('\r\n', index) ? 2 : 1;
  }
  return rows;
}

function readField(text: string, start: number): { readonly value: CsvField; readonly end: number } {
  if (text[start] !== '"') {
    const end = start + text.slice(start).search(/,|\r?\n|$/);
    return { value: parseField(text.slice(start, end)), end };
  }
  let value = '';
  let index = start + 1;
  for (;;) {
    const quote = text.indexOf('"', index);
    if (quote === -1) throw new SyntaxError('CSV: a quoted field has no end.');
    value += text.slice(index, quote);
    index = quote + 1;
    if (text[index] !== '"') return { value, end: index };
    value += '"';
    index++;
  }
}

function parseField(text: string): CsvField {
  const trimmed = text.trim();
  return NUMBER.test(trimmed) ? Number(trimmed) : text;
}

function formatField(field: unknown): string {
  if (field === null || field === undefined) return '';
  const text = typeof field === 'object' ? JSON.stringify(field) : String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
