import type { DescribedCommand } from './describe-commands.ts';

/** The shells that command lines can be completed in. */
export type Shell = 'bash' | 'zsh' | 'fish';

/**
 * What a shell reads to complete `sluice`: words, options, their choices, and files elsewhere. Pure.
 *
 * @param groups the first words of commands of two words, each with its summary
 */
export function completionScript(
  shell: Shell,
  commands: readonly DescribedCommand[],
  groups: Readonly<Record<string, string>>,
): string {
  if (shell === 'fish') return fishScript(commands, groups);
  const bash = bashScript(commands, groups);
  // zsh runs bash's completions.
  return shell === 'bash'
    ? bash
    : `#compdef sluice\nautoload -U +X compinit bashcompinit && compinit -u && bashcompinit\n${bash}`;
}

function bashScript(commands: readonly DescribedCommand[], groups: Readonly<Record<string, string>>): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] as string))];
  const seconds = Object.keys(groups).map(
    (group) => `    ${group}) words="${secondWords(commands, group).join(' ')}" ;;`,
  );
  const options = commands.map(({ name, options }) => `    "${name}") words="${options.join(' ')}" ;;`);
  const choices = commands.flatMap((command) =>
    Object.entries(command.choices).map(
      ([option, values]) => `    "${command.name} ${option}") words="${values.join(' ')}" ;;`,
    ),
  );
  return `_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local name="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firsts.join(' ')} help --version --help" -- "$current"))
    return
  fi
  case "$name" in
${seconds.join('\n')}
  esac
  if [ -n "$words" ]; then
    if [ "$COMP_CWORD" -eq 2 ]; then
      COMPREPLY=($(compgen -W "$words" -- "$current"))
      return
    fi
    name="$name \${COMP_WORDS[2]}"
    words=""
  fi
  case "$name $previous" in
${choices.join('\n')}
  esac
  if [ -z "$words" ]; then
    case "$current" in
    -*) case "$name" in
${options.join('\n')}
    esac ;;
    esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _sluice sluice
`;
}

function fishScript(commands: readonly DescribedCommand[], groups: Readonly<Record<string, string>>): string {
  const lines = ['complete -c sluice -n __fish_use_subcommand -f'];
  for (const [group, summary] of Object.entries(groups))
    lines.push(fishWord('__fish_use_subcommand', group, summary));
  for (const { name, summary, options, choices } of commands) {
    const [first = '', second] = name.split(' ');
    const condition =
      second === undefined
        ? '__fish_use_subcommand'
        : `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${secondWords(commands, first).join(' ')}`;
    lines.push(fishWord(condition, second ?? first, summary));
    const seen = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    for (const option of options) {
      const values = choices[option];
      lines.push(
        `complete -c sluice -n '${seen}' -l ${option.slice(2)}${values ? ` -x -a '${values.join(' ')}'` : ''}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function fishWord(condition: string, word: string, summary: string): string {
  return `complete -c sluice -n '${condition}' -f -a ${word} -d '${summary.replaceAll("'", "\\'")}'`;
}

function secondWords(commands: readonly DescribedCommand[], group: string): string[] {
  return commands.flatMap(({ name }) => (name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : []));
}
