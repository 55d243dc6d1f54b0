// Type-ahead, added lines, kept drafts, a few keys. Everything works without.
import Combobox from "./vendor/combobox-nav/index.js";

const PAUSE = 140;

function hiddenOf(input) {
  const name = input.dataset.target || `${input.name}-id`;
  return input.form?.elements.namedItem(name) ?? null;
}

function lookup(input) {
  const list = document.createElement("ul");
  list.setAttribute("role", "listbox");
  list.className = "matches";
  list.id = `${input.id || input.name}-matches`;
  list.hidden = true;
  input.after(list);
  const box = new Combobox(input, list, { firstOptionSelectionMode: "active" });
  let timer = 0;
  let asked = 0;

  function close() {
    if (!list.hidden) box.stop();
    list.hidden = true;
  }

  async function ask() {
    const mine = ++asked;
    const url = new URL(input.dataset.url, location.href);
    url.searchParams.set("query", input.value);
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked || document.activeElement !== input) return;
    const hits = await answer.json();
    list.replaceChildren(
      ...hits.map(([id, words, more], at) => {
        const item = document.createElement("li");
        item.setAttribute("role", "option");
        item.id = `${list.id}-${at}`;
        item.dataset.id = id;
        item.dataset.words = words;
        item.append(words);
        const small = document.createElement("small");
        small.textContent = more;
        item.append(small);
        return item;
      }),
    );
    close();
    if (hits.length) {
      list.hidden = false;
      box.start();
    }
  }

  input.addEventListener("input", (event) => {
    const hidden = hiddenOf(input);
    if (hidden) hidden.value = "";
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("compositionend", () => { timer = setTimeout(ask, PAUSE); });
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("combobox-commit", (event) => {
    const hidden = hiddenOf(input);
    input.value = event.target.dataset.words;
    if (hidden) hidden.value = event.target.dataset.id;
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

function addLine(name) {
  const body = document.querySelector(`[data-lines="${name}"] tbody`);
  const last = body.rows[body.rows.length - 1];
  if (!last) return;
  const row = last.cloneNode(true);
  const at = body.rows.length;
  for (const old of row.querySelectorAll(".matches")) old.remove();
  for (const field of row.querySelectorAll("[name]")) {
    for (const key of ["name", "id"]) {
      const value = field.getAttribute(key);
      if (value) field.setAttribute(key, value.replace(`${name}-${at - 1}-`, `${name}-${at}-`));
    }
    if (field.type === "checkbox") field.checked = false;
    else field.value = "";
  }
  for (const span of row.querySelectorAll(".error")) span.remove();
  body.append(row);
  row.querySelectorAll("input.lookup").forEach(lookup);
  row.querySelector("input,select,textarea")?.focus();
}

function keepDraft(form) {
  const key = `draft:${form.dataset.keep}`;
  const skip = (f) => !f.name || f.dataset.personal || ["password", "hidden", "file"].includes(f.type);
  const fields = () => [...form.elements].filter((f) => !skip(f));
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(key)); } catch { /* nothing kept */ }
  if (kept && !form.querySelector("[aria-invalid]") && !document.querySelector(".flash.error")) {
    for (const f of fields()) {
      if (!(f.name in kept)) continue;
      if (f.type === "checkbox" || f.type === "radio") f.checked = kept[f.name].includes(f.value);
      else if (!f.classList.contains("lookup")) f.value = kept[f.name][0];
    }
  }
  form.addEventListener("input", () => {
    const now = {};
    for (const f of fields()) {
      const on = f.type === "checkbox" || f.type === "radio" ? f.checked : true;
      now[f.name] ??= [];
      if (on) now[f.name].push(f.value);
    }
    sessionStorage.setItem(key, JSON.stringify(now));
  });
  form.addEventListener("submit", () => sessionStorage.removeItem(key));
}

function keys(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest?.("form")?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input,select,textarea,[contenteditable]")) return;
  const goal = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!goal) return;
  event.preventDefault();
  if (goal.matches("input")) goal.focus();
  else goal.click();
}

document.querySelectorAll("input.lookup").forEach(lookup);
document.querySelectorAll("form[data-keep]").forEach(keepDraft);
for (const button of document.querySelectorAll("[data-add]")) {
  button.hidden = false;
  button.addEventListener("click", () => addLine(button.dataset.add));
}
document.addEventListener("keydown", keys);
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.querySelector(".side .on")?.scrollIntoView({ block: "nearest" });
const first = (form) =>
  form.querySelector("[aria-invalid]") ??
  [...form.querySelectorAll("input[type=text], textarea")].find((f) => !f.value && f.checkVisibility());
document.querySelectorAll("form.record").forEach((form) => first(form)?.focus());
