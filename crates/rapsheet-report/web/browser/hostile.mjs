// Logs that an attacker wrote: every field that a log can carry holds something that must stay text.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const STRINGS = [
  '<script>window.hit=1;alert(1)</script>',
  '</script><script>window.hit=2;alert(2)</script>',
  '<img src=x onerror=window.hit=3>',
  '<svg/onload=window.hit=4>',
  '"><iframe src=javascript:window.hit=5>',
  "'-alert(6)-'",
  '<!--<script>',
  ']]><style>*{display:none}</style>',
  'javascript:alert(7)',
  '{{constructor.constructor("window.hit=8")()}}',
  '${window.hit=9}',
  '#{7*7}<%=7*7%>',
  '&lt;b&gt;&amp;&#39;&#x3C;',
  '__proto__',
  'constructor',
  'toString',
  '(other)',
  '\u202egnp.exe\u202c',
  '\u2066isolate\u2069\u200b',
  '\u001b[31mred\u001b[0m',
  '=HYPERLINK("http://192.0.2.1/","x")',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '名前\u0301é🏴‍☠️',
  'a&country_iso_code=NL#sheet=192.0.2.1',
  `long-${'x'.repeat(10_000)}`,
];

const two = (number) => String(number).padStart(2, '0');

/** Writes the logs; the addresses are those of documentation. */
export function write(folder) {
  mkdirSync(folder, { recursive: true });
  const auth = [];
  const access = [];
  const bans = [];
  STRINGS.forEach((text, at) => {
    const address = `192.0.2.${at + 1}`;
    const time = `10:${two(at)}:00`;
    const word = text.replace(/\s/g, '/');
    const quoted = text.replaceAll('\u001b', '\\x1b').replaceAll('"', '\\"');
    auth.push(`Jan  5 ${time} web sshd[${at + 100}]: Invalid user ${text} from ${address} port 4242`);
    auth.push(`Jan  5 ${time} web sshd[${at + 300}]: Failed password for ${text} from ${address} port 4242 ssh2`);
    if (word.length < 200) auth.push(`Jan  5 ${time} ${word} sshd[${at + 500}]: Failed password for root from ${address} port 4242 ssh2`);
    access.push(`198.51.100.${at + 1} - ${word} [05/Jan/2026:${time} +0000] "GET /.env?${encodeURIComponent(word).slice(0, 2000)} HTTP/1.1" 404 10 "-" "plain"`);
    access.push(`198.51.100.${at + 1} - - [05/Jan/2026:${time} +0000] "GET /${word}/.git/config HTTP/1.1" 404 10 "${quoted}" "${quoted}"`);
    access.push(`198.51.100.${at + 1} - - [05/Jan/2026:${time} +0000] "${quoted} /wp-login.php HTTP/1.1" 400 10 "-" "-"`);
    if (!/[\]\u0000-\u001f]/.test(word)) bans.push(`2026-01-05 ${time},000 fail2ban.actions        [1]: NOTICE  [${word}] Ban 203.0.113.${at + 1}`);
  });
  writeFileSync(join(folder, 'auth.log'), `${auth.join('\n')}\n`);
  writeFileSync(join(folder, 'access.log'), `${access.join('\n')}\n`);
  writeFileSync(join(folder, 'fail2ban.log'), `${bans.join('\n')}\n`);
  return folder;
}
