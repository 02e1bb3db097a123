/** The reason why the server cannot start: one line with the cause and what to do. It contains no secrets. */
export class StartError extends Error {}
