import { render } from 'preact';
import { App } from './app.tsx';
import './styles/base.css';
import './styles/controls.css';
import './styles/account.css';
import './styles/layout.css';
import './styles/conversations.css';
import './styles/chat.css';
import './styles/dialogs.css';

const page = document.getElementById('page');
if (page !== null) render(<App />, page);
