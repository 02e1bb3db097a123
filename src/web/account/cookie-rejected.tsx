/** Shown after a successful login without a session: explains why, as far as the page can know. */
export function CookieRejected() {
  return (
    <div class="note" role="alert">
      <p>
        <strong>Your browser did not keep the login.</strong> The username and the password are right.
      </p>
      <p>
        {window.isSecureContext
          ? 'It seems to block cookies: allow them for this address, and log in again.'
          : 'This page was opened over http://, but logging in needs https://. Open it over https://, or ask the operator of this server.'}
      </p>
    </div>
  );
}
