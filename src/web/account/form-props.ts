/** @param onLoggedIn called when the browser has the cookie of a new session */
export type AccountFormProps = { onLoggedIn: () => void };
