import project from '../../package.json' with { type: 'json' };

/** The version of the server, which is that of its API too. */
export const VERSION: string = project.version;
