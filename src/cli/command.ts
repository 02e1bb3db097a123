/** A command for operators, which works on the database of the environment. */
export type Command = {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The rest of `--help`. */
  readonly help: string;
  readonly options: Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>;
  /** @returns the text to print */
  run(options: Readonly<Record<string, unknown>>): Promise<string>;
};
