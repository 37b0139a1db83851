import './style.css';
import { render } from 'preact';

const host = document.getElementById('page');
if (host) {
  host.textContent = '';
  render(<p>The report is being put together.</p>, host);
}
