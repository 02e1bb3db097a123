const FEATURES = 'accounts|conversations|messages|presence';
/** An `import type` is erased when the code runs: features may share types with what calls them. */
const VALUES = { dependencyTypesNot: ['type-only'] };

/** Each rule states its reason: what would go wrong if it were broken. */
export default {
  forbidden: [
    {
      name: 'no-circular-imports',
      comment: 'Modules in a cycle can only be read, tested and replaced together. Type imports count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-loose-files',
      comment: 'Every file belongs to a folder; the root of src/ holds the entry points of a reader.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+$', pathNot: '^src/(main|app|operations|protocol|time)\\.ts$' },
    },
    {
      name: 'features-import-no-transport',
      comment: 'An operation works the same over REST, Socket.IO and raw WebSocket: it must not depend on one of them.',
      severity: 'error',
      from: { path: `^src/(${FEATURES})/` },
      to: {
        path: [
          '^node_modules/(koa|@koa|koa-helmet|raw-body|socket\\.io|ws|redis|@socket\\.io)/',
          '^src/(transports/|broker/(memory|redis/)|app|main|delivery/(delivery|rooms|socket-types))',
        ],
      },
    },
    {
      name: 'only-delivery-emits',
      comment: 'A second way to the clients would bypass membership checks, exclusion of the sender, or other nodes.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(delivery|transports|broker)/' },
      to: { path: '^node_modules/(socket\\.io|@socket\\.io)/', ...VALUES },
    },
    {
      name: 'accounts-import-no-other-feature',
      comment: 'Features depend in one direction: presence → messages → conversations → accounts.',
      severity: 'error',
      from: { path: '^src/accounts/' },
      to: { path: '^src/(conversations|messages|presence)/', ...VALUES },
    },
    {
      name: 'conversations-import-only-accounts',
      comment: 'Features depend in one direction: presence → messages → conversations → accounts.',
      severity: 'error',
      from: { path: '^src/conversations/' },
      to: { path: '^src/(messages|presence)/', ...VALUES },
    },
    {
      name: 'messages-import-no-presence',
      comment: 'Features depend in one direction: presence → messages → conversations → accounts.',
      severity: 'error',
      from: { path: '^src/messages/' },
      to: { path: '^src/presence/', ...VALUES },
    },
    {
      name: 'foundations-import-no-feature',
      comment: 'Shared code that depends on a feature cannot be reused by the next one.',
      severity: 'error',
      from: { path: '^src/(protocol|time)\\.ts$|^src/(config|operation|writer|database|delivery|broker|mail)/' },
      to: { path: `^src/(${FEATURES}|transports)/`, ...VALUES },
    },
    {
      name: 'client-is-self-contained',
      comment: 'The SDK runs in browsers: anything it imported from the server would have to run there too.',
      severity: 'error',
      from: { path: '^packages/client/src/' },
      to: { pathNot: '^(packages/client/src/|src/protocol\\.ts$|node_modules/socket\\.io-client/)' },
    },
    {
      name: 'server-imports-no-client',
      comment: 'The server must not depend on one of its clients.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { path: '^packages/' },
    },
    {
      name: 'page-uses-only-the-client',
      comment: 'The page is a client like any other: what it needs, the SDK has to offer to everyone.',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { pathNot: '^(src/web/|packages/client/src/client\\.ts$|src/protocol\\.ts$|node_modules/preact/)' },
    },
    {
      name: 'server-does-not-run-the-page',
      comment: 'The server serves the built page and runs none of its code.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/web/' },
      to: { path: '^src/web/' },
    },
    {
      name: 'only-monitoring-imports-prom-client',
      comment: 'Other code reports plain numbers to an observer, so metrics can change without touching a feature.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/monitoring/' },
      to: { path: '^node_modules/prom-client/' },
    },
    {
      name: 'monitoring-is-a-leaf',
      comment: 'Serving clients must not depend on how the server is monitored. Conditions are reported by any part.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(monitoring|server|transports)/|^src/app\\.ts$' },
      to: { path: '^src/monitoring/', pathNot: '^src/monitoring/conditions\\.ts$' },
    },
    {
      name: 'server-imports-no-tools',
      comment: 'Demo users have a known password: starting a server must never create them.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^tools/' },
    },
    {
      name: 'api-docs-are-a-leaf',
      comment: 'The documents describe the server; the behaviour of the server must not depend on a description.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(api-docs|server|transports)/|^src/app\\.ts$' },
      to: { path: '^src/api-docs/' },
    },
    {
      name: 'baselines-and-load-import-no-server-code',
      comment: 'Neither the servers that MmChat is compared with nor the load may depend on the code under test.',
      severity: 'error',
      from: { path: '^bench/(baselines|load)/' },
      to: { path: '^src/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that is not in package.json is installed only by chance.',
      severity: 'error',
      from: { path: '^(src|packages/client/src)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown'] },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that cannot be resolved here fails everywhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/database/migrations/|^packages/client/dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
