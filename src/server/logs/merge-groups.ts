import type { LogGroup, StreamSelection } from './log-group.ts';

/** A group of SageMaker's in which somebody has created streams too: these come after the others. */
export function mergeGroups(own: LogGroup, custom: LogGroup): LogGroup {
  return {
    name: own.name,
    async *streams(selection: StreamSelection) {
      const begun = selection.from !== undefined && (await custom.find(selection.from.name)) !== undefined;
      if (!begun) yield* own.streams(selection);
      yield* custom.streams(begun ? selection : { ...selection, from: undefined });
    },
    find: async (name) => (await custom.find(name)) ?? own.find(name),
  };
}
