import { globSync, readFileSync } from 'node:fs';

/** `npm run lint`: refuses words that make the code and its documents hard to read, with the term to use instead. */
const REFUSED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bwho(m|so)?ever\b/i, 'name the user, client or process'],
  [/\banew\b/i, 'again'],
  [/\b(fault|none|one|protocol) of ours\b/i, 'an internal error; name the part'],
  [/\b(is|are|was|were|been|unless|as) told\b/i, 'receives; the server sends'],
  [/\btold (is|are|was|by|apart|of|alone)\b/i, 'reported, distinguished'],
  [/\b(hear|hears|heard|hearers?)\b/i, 'receive, received, receivers'],
  [/\b(st[ao]nds?|stood|standing) (still|idle|for|in no|in it)\b/i, 'was paused, is idle, represents, contains'],
  [/\b(furnish|farewell|crew|deaf)\w*/i, 'create, drain, nodes, disconnected: the term of the field'],
  [/\b(gives?|giving|gave) way\b/i, 'priority'],
  [/\bturn(ed|s)? away\b/i, 'refuse'],
  [/\bheld? up\b|\bholds? up\b/i, 'delay, block'],
  [/\bturn of the event loop\b/i, 'tick'],
  [/\bunder way\b/i, 'in flight, in progress'],
  [/\bgone silent\b/i, 'dead'],
  [/\b(says|said|say) so\b/i, 'reports it'],
  [/^\s*(\/\*\*|\*|\/\/) (Who|Whose|Whom) (?!.*\?)/, 'begin with the subject'],
];
const FILES = ['{src,packages/client,bench,tools,test}/**/*.{ts,tsx}', '*.md', 'docs/**/*.md', 'deploy/*'];
/** The demo data is fiction. Migrations that were released stay as they are. */
const EXCLUDED = /node_modules|\/dist\/|tools\/(seed|language)|migrations\//;

const found = globSync(FILES)
  .filter((file) => !EXCLUDED.test(file))
  .flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        REFUSED.filter(([pattern]) => pattern.test(line)).map(
          ([pattern, instead]) => `${file}:${index + 1}: "${pattern.exec(line)?.[0].trim()}": ${instead}`,
        ),
      ),
  );
if (found.length > 0) {
  console.error(found.join('\n'));
  process.exitCode = 1;
}
