import { Argument, type Command } from 'commander';
import { completionScript, type Shell } from '../completion/completion-script.ts';
import { type CommandRow, describeCommands } from '../completion/describe-commands.ts';

/** All commands, and the groups of those of two words. */
interface CommandTable {
  readonly commands: Readonly<Record<string, CommandRow>>;
  readonly groups: Readonly<Record<string, string>>;
}

/** `sluice completion`, of a table that holds it itself. */
export function completionOf(table: () => CommandTable): { configure(command: Command): void } {
  return { configure: (command) => configure(command, table) };
}

function configure(command: Command, table: () => CommandTable): void {
  command
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(sluice completion bash)
  sluice completion zsh > ~/.zfunc/_sluice
  sluice completion fish > ~/.config/fish/completions/sluice.fish`,
    )
    .action(async (shell: Shell) => {
      const { commands, groups } = table();
      process.stdout.write(completionScript(shell, await describeCommands(commands), groups));
    });
}
