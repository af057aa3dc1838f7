import { Command } from 'commander';

/** What completion needs of a row of the table of commands. */
export interface CommandRow {
  readonly summary: string;
  readonly load: () => Promise<{ configure(command: Command): void }>;
}

/** A command as completion knows it. */
export interface DescribedCommand {
  /** `runs ls` */
  readonly name: string;
  readonly summary: string;
  /** `--limit`, … */
  readonly options: readonly string[];
  /** The values of options that have a choice of them. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

/** Options of every command. */
const COMMON = ['--home', '--json', '--debug', '--help'];

/** Every command with its options; loads all their files. */
export function describeCommands(
  commands: Readonly<Record<string, CommandRow>>,
): Promise<DescribedCommand[]> {
  return Promise.all(
    Object.entries(commands).map(async ([name, { summary, load }]) => {
      const command = new Command(name);
      (await load()).configure(command);
      const named = command.options.filter(({ long }) => long);
      return {
        name,
        summary,
        options: [...named.map(({ long }) => long as string), ...COMMON],
        choices: Object.fromEntries(
          named.flatMap(({ long, argChoices }) => (argChoices ? [[long as string, argChoices]] : [])),
        ),
      };
    }),
  );
}
