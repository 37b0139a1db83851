// Puts the data of one report into a freshly built page, to look at the page without building the program:
// node fill.mjs REPORT.html OUT.html [PAGE.html]
import { readFileSync, writeFileSync } from 'node:fs';

const [from, to, built = 'dist/index.html'] = process.argv.slice(2);
const report = readFileSync(from, 'utf8');
const declared = JSON.parse(readFileSync(new URL('../panels.json', import.meta.url), 'utf8'));
const heading = /<script type="application\/json" id="rapsheet-meta">([\s\S]*?)<\/script>/.exec(report);
const meta = JSON.parse(heading[1]);
meta.panels = declared;
const tables = report.match(/<script type="text\/plain" class="rapsheet-table"[^]*?<\/script>/g).join('\n');
const json = JSON.stringify(meta).replaceAll('<', '\\u003c');
const [head, tail] = readFileSync(built, 'utf8').replace('<!--rapsheet:title-->', () => meta.title.replaceAll('<', '&lt;')).split('<!--rapsheet:data-->');
writeFileSync(to, `${head}<script type="application/json" id="rapsheet-meta">${json}</script>\n${tables}${tail}`);
