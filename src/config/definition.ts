/** Parses the text of a variable. */
export type Parser<T> = {
  /** Describes valid text; follows "has to be". */
  readonly expected: string;
  /** @throws a string that follows "has to be" and never repeats the text, which may be a secret */
  read(text: string): T;
};

/** A variable: its parser, its default and its description. The documents are generated from it. */
export type Variable<T> = Parser<T> & {
  /** The default as text; undefined if there is none. */
  readonly defaultText: string | undefined;
  readonly fallback: T;
  /** One or two sentences in Markdown; links are relative to docs/. */
  readonly description: string;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Lists all invalid variables, one line each. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** @param defaultText parsed like a value */
export function variable<T>(parser: Parser<T>, defaultText: string, description: string): Variable<T> {
  return { ...parser, defaultText, fallback: parser.read(defaultText), description };
}

/** A variable without a default. */
export function optional<T>(parser: Parser<T>, description: string): Variable<T | undefined> {
  return { ...parser, defaultText: undefined, fallback: undefined, description };
}
