/** For a login that succeeded, and of which nothing was left when the page connected: why, as far as a page can know. */
export function LoginNotKept() {
  return (
    <div class="note" role="alert">
      <p>
        <strong>Your browser did not keep the login.</strong> The username and the password are right.
      </p>
      <p>
        {window.isSecureContext
          ? 'It seems to refuse cookies: allow them for this address, and log in again.'
          : 'This page came over http://, and its login is for https:// alone. Open it over https://, or ask whoever runs this server.'}
      </p>
    </div>
  );
}
