/** The fields of a CSV row as they stand, quotes included, so that they can be joined again unchanged. */
export function splitRow(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  const fields: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < row.length; index++) {
    if (row[index] === '"') quoted = !quoted;
    else if (row[index] === ',' && !quoted) {
      fields.push(row.slice(start, index));
      start = index + 1;
    }
  }
  fields.push(row.slice(start));
  return fields;
}

/** A row of fields as they stand. */
export function joinRow(fields: readonly string[]): string {
  return fields.join(',');
}
