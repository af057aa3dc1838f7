import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pyflyte } from './pyflyte.ts';

const FLOW = `
import json, pandas, pyarrow.parquet, sluice
from sluice import task, workflow

@task
def halve(frame: pandas.DataFrame) -> pandas.DataFrame:
    return frame.assign(half=frame["number"] / 2)

@task
def describe(frame: pandas.DataFrame) -> dict:
    return {"rows": len(frame), "sum": float(frame["half"].sum()), "words": sorted(frame["word"].unique())}

@workflow
def flow(frame: pandas.DataFrame):
    halved = halve(frame=frame)
    return halved, describe(frame=halved)

if __name__ == "__main__":
    rows = 1_200_000
    made = pandas.DataFrame({"number": range(rows), "word": ["one", "two"] * (rows // 2)})
    made.to_parquet("made.parquet")
    execution = sluice.run(flow, inputs={"frame": "made.parquet"})
    halved, told = execution.result
    execution.download(halved, "halved.parquet")
    columns = pyarrow.parquet.ParquetFile("halved.parquet").metadata.row_group(0)
    encodings = {c.path_in_schema: "RLE_DICTIONARY" in c.encodings for c in map(columns.column, range(3))}
    same = pandas.read_parquet("halved.parquet").equals(made.assign(half=made["number"] / 2))
    print(json.dumps({"told": told, "same": same, "dictionaries": encodings}))
`;

test('a DataFrame goes into a task and out of it as Parquet, with dictionaries for what repeats', {
  timeout: 600_000,
}, async () => {
  const home = await mkdtemp(join(tmpdir(), 'frames-'));
  try {
    await writeFile(join(home, 'flow.py'), FLOW);
    // Not activated: jobs of an embedded server have the Python that starts it.
    const told = await pyflyte({ program: 'python', cwd: home, home, args: ['flow.py'] });
    expect(JSON.parse(told.trim().split('\n').at(-1) ?? '')).toEqual({
      told: { rows: 1_200_000, sum: 359_999_700_000, words: ['one', 'two'] },
      same: true,
      dictionaries: { number: true, word: true, half: false },
    });
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
});
