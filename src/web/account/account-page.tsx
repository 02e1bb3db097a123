import { useEffect, useRef } from 'preact/hooks';
import { navigate, useRoute } from '../components/route.ts';
import { CookieRejected } from './cookie-rejected.tsx';
import { ForgotPassword } from './forgot-password.tsx';
import type { AccountFormProps } from './form-props.ts';
import { LogIn } from './log-in.tsx';
import { SignUp } from './sign-up.tsx';

const PAGES = {
  login: { title: 'Log in', Form: LogIn },
  signup: { title: 'Sign up', Form: SignUp },
  forgot: { title: 'Reset your password', Form: ForgotPassword },
};
type Page = keyof typeof PAGES;

/**
 * The pages for logging in, signing up and resetting a password.
 * @param wasLoggedIn whether the user was logged in until now: the session may have ended elsewhere
 * @param cookieRejected whether the user has just logged in, but has no session
 */
export function AccountPage({
  wasLoggedIn,
  cookieRejected,
  onLoggedIn,
}: AccountFormProps & { wasLoggedIn: boolean; cookieRejected: boolean }) {
  const route = useRoute();
  const page: Page = route in PAGES ? (route as Page) : 'login'; // a key of PAGES, as the condition checks
  const { title, Form } = PAGES[page];
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} – MmChat`;
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [title]);
  return (
    <main class="account">
      <p class="brand">
        <span class="logo" aria-hidden="true" />
        MmChat
      </p>
      <section class="card" aria-labelledby="account-title">
        <h1 id="account-title" ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {wasLoggedIn && page === 'login' && (
          <p class="note" role="status">
            You are logged out.
          </p>
        )}
        {cookieRejected && page === 'login' && <CookieRejected />}
        <Form
          key={page}
          onLoggedIn={() => {
            navigate('');
            onLoggedIn();
          }}
        />
      </section>
    </main>
  );
}
