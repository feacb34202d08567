// node slack.cjs SHOWN.json: an HTML page that shows a message, {blocks, private}, or a {modal} as Slack would.
const fs = require("node:fs");
const path = require("node:path");
const React = require("react");
const { renderToStaticMarkup } = require("react-dom/server");
const { Message } = require("slack-blocks-to-jsx");

const shown = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const modules = path.join(__dirname, "node_modules");
const styles = ["slack-blocks-to-jsx/dist/style.css", "@fontsource/lato/400.css", "@fontsource/lato/400-italic.css",
  "@fontsource/lato/700.css", "@fontsource/lato/900.css"];
const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" fill="#5865f2"/>' +
  '<text x="18" y="26" font-size="24" text-anchor="middle" fill="#fff" font-family="serif">∂</text></svg>')}`;

const draw = (blocks, more) => renderToStaticMarkup(
  React.createElement(Message, { name: "Chainrule", logo: icon, time: new Date("2026-01-01T09:00:00"), theme: "light", blocks, ...more }));
const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function modal({ title, blocks, submit, close }) {
  const foot = submit ? `<button>${escaped(close.text)}</button><button class="submit">${escaped(submit.text)}</button>`
    : `<button>${escaped(close.text)}</button>`;
  return `<div class="modal"><header><img src="${icon}" alt=""><h1>${escaped(title.text)}</h1><span>✕</span></header>
    <main>${draw(blocks, { withoutWrapper: true })}</main><footer>${foot}</footer></div>`;
}

const message = ({ blocks, private: own }) =>
  (own ? '<p class="private">Only visible to you</p>' : "") + draw(blocks);

process.stdout.write(`<!doctype html><meta charset="utf-8">
${styles.map((name) => `<link rel="stylesheet" href="file://${path.join(modules, name)}">`).join("\n")}
<style>
  body { margin: 0; padding: 16px; background: #fff; width: fit-content; min-width: calc(100vw - 32px); color: #1d1c1d }
  body, button { font-family: Lato, sans-serif }
  .slack_blocks_to_jsx, .slack_blocks_to_jsx *:not(code, code *, .slack_inline_code) { font-family: Lato, sans-serif !important }
  .slack_inline_code { font-family: monospace !important }
  /* Slack leaves room between blocks, and tells nobody to press Enter. */
  .slack_blocks_to_jsx--block_wrapper + .slack_blocks_to_jsx--block_wrapper { margin-top: 8px }
  .slack_blocks_to_jsx__input .gap-1 > .text-black-secondary { display: none !important }
  .private { margin: 0 0 4px 44px; font-size: 12px; color: #616061 }
  .modal { width: 520px; max-width: 100%; margin: auto; border-radius: 8px; border: 1px solid #ddd }
  body:has(.modal) { background: #8a8a8a }
  .modal { background: #fff }
  .modal header, .modal footer { display: flex; align-items: center; gap: 12px; padding: 16px 24px }
  .modal header img { width: 28px; height: 28px }
  .modal h1 { flex: 1; margin: 0; font-size: 22px; font-weight: 900 }
  .modal main { padding: 0 24px 8px }
  .modal footer { justify-content: flex-end; border-top: 1px solid #eee }
  .modal footer button { padding: 8px 14px; border: 1px solid #bbb; border-radius: 4px; font-weight: 700; font-size: 15px }
  .modal .submit { color: #fff; background: #007a5a; border-color: #007a5a }
</style>
${shown.modal ? modal(shown.modal) : message(shown)}`);
