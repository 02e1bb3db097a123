const features = ['accounts', 'conversations', 'messages', 'presence'];
/** An `import type` is gone when the code runs: it shares a vocabulary and is no arrow. */
const arrow = { dependencyTypesNot: ['type-only'] };
const onlyIn = (paths) => `^src/(${paths.join('|')})`;

/** Each rule carries its reason: what would go wrong if it were broken. */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'In a circle nothing can be read, tested or replaced without all the rest.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'features-know-no-transport',
      comment:
        'An operation must work the same over REST, Socket.IO and raw WebSocket; what it cannot reach it cannot depend on.',
      severity: 'error',
      from: { path: onlyIn(features.map((name) => `${name}/`)) },
      to: {
        path: [
          '^node_modules/(koa|@koa|koa-helmet|raw-body|socket\\.io|ws|redis|@socket\\.io)/',
          '^src/(transports/|app|main|delivery|chat-server)',
        ],
      },
    },
    {
      name: 'only-delivery-emits',
      comment: 'One road to the clients: a second one would forget the removed member, the sender or the other node.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(app|delivery|chat-server)\\.ts$', '^src/(transports|cluster)/'] },
      to: { path: '^node_modules/(socket\\.io|@socket\\.io)/', ...arrow },
    },
    {
      name: 'accounts-stand-alone',
      comment: 'Arrows go one way: presence → messages → conversations → accounts.',
      severity: 'error',
      from: { path: '^src/accounts/' },
      to: { path: '^src/(conversations|messages|presence)/', ...arrow },
    },
    {
      name: 'conversations-stand-on-accounts',
      comment: 'Arrows go one way: presence → messages → conversations → accounts.',
      severity: 'error',
      from: { path: '^src/conversations/' },
      to: { path: '^src/(messages|presence)/', ...arrow },
    },
    {
      name: 'messages-know-no-presence',
      comment: 'Who is online is for the presence namespace; a message is for everybody in the conversation.',
      severity: 'error',
      from: { path: '^src/messages/' },
      to: { path: '^src/presence/', ...arrow },
    },
    {
      name: 'foundations-know-no-feature',
      comment: 'What everything stands on must not lean on what stands on it.',
      severity: 'error',
      from: {
        path: '^src/(operation|errors|effects|inputs|protocol|columns|time|database-errors|config-variables)\\.ts$',
      },
      to: { path: '^src/(accounts|conversations|messages|presence|transports)/', ...arrow },
    },
    {
      name: 'the-client-stands-alone',
      comment: 'It runs in browsers: whatever it took from the server would have to run there too.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { pathNot: '^(packages/client/src/|src/protocol\\.ts$|node_modules/socket\\.io-client/)' },
    },
    {
      name: 'the-server-knows-no-client',
      comment: 'What serves every client must not lean on one of them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { path: '^packages/' },
    },
    {
      name: 'the-page-stands-on-the-client-alone',
      comment: 'It is a client like any other: what it could not do without knowing the server, nobody else could do.',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { pathNot: '^(src/web/|packages/client/src/client\\.ts$|src/protocol\\.ts$|node_modules/preact/)' },
    },
    {
      name: 'only-a-browser-runs-the-page',
      comment: 'The server hands out what was built of it, and runs nothing of it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { path: '^src/web/' },
    },
    {
      name: 'only-operating-measures',
      comment:
        'Whoever works tells an observer in plain numbers: what becomes of them can change without touching a feature.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/operating/' },
      to: { path: '^node_modules/prom-client/' },
    },
    {
      name: 'operating-is-for-app-alone',
      comment: 'Nothing that serves people may depend on how the server is watched.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(operating/|app\\.ts$)' },
      to: { path: '^src/operating/' },
    },
    {
      name: 'seed-is-for-the-command-alone',
      comment: 'People with a known password must not come into a database because a server started.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/seed/' },
      to: { path: '^src/seed/' },
    },
    {
      name: 'documentation-is-for-app-alone',
      comment: 'It describes what the server does; what the server does must not follow from a description.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(documentation/|app\\.ts$)' },
      to: { path: '^src/documentation/' },
    },
    {
      name: 'opponents-and-load-know-nothing-of-ours',
      comment: 'What ours is held against, and what measures both, must not gain or lose by our own code.',
      severity: 'error',
      from: { path: '^bench/(opponents|load)/' },
      to: { path: '^src/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What is not in package.json is there by chance.',
      severity: 'error',
      from: { path: '^(src|packages/client/src)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown'] },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that is not found here will not be found anywhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/migrations/|^packages/client/dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
