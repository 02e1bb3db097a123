import project from '../../package.json' with { type: 'json' };

/** The version of the server and its API. */
export const VERSION: string = project.version;
