// What a page does beyond showing itself. Every page is complete without this file.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const isVisible = (element) => element.offsetParent !== null;

  // On a narrow screen the rail is a strip: bring the page's own item into sight.
  const rail = document.querySelector(".rail");
  const here = rail?.querySelector("[aria-current]");
  if (here) rail.scrollLeft = here.offsetLeft - 24;

  // Light and dark: a cookie, so that the server writes the choice into the page and nothing flashes.
  function isDark() {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return window.matchMedia("(prefers-color-scheme: dark)").matches;
  }

  all("[data-theme-toggle]").forEach((button) => {
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    });
  });

  // Filter chips: the same links work without a script; here the page is filtered in place.
  function matches(row, show) {
    if (show === "all") return true;
    if (show === "high-value") return row.hasAttribute("data-high-value");
    return row.dataset.verdict === show;
  }

  function filter(chips, show) {
    all("[data-show]", chips).forEach((chip) => {
      if (chip.dataset.show === show) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
    });
    all(".cohort").forEach((cohort) => {
      const rows = all(".check", cohort);
      rows.forEach((row) => { row.hidden = !matches(row, show); });
      cohort.hidden = rows.every((row) => row.hidden);
      const fold = cohort.querySelector(".fold");
      if (fold && show !== "all" && !cohort.hidden) fold.checked = true;
    });
  }

  all("[data-filter]").forEach((chips) => {
    chips.addEventListener("click", (event) => {
      const chip = event.target.closest("[data-show]");
      if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      filter(chips, chip.dataset.show);
      history.replaceState(null, "", chip.getAttribute("href").split("#")[0]);
    });
  });

  // Copy a digest or a command.
  all("[data-copy]").forEach((button) => {
    const word = button.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = word; }, 1500);
    });
  });

  all("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));

  // Single keys: only outside fields, and a person can turn them off (WCAG 2.1.4).
  const KEYS_OFF = "distillhub-keys-off";
  const dialog = document.getElementById("keys");

  function step(rows, direction) {
    const visible = rows.filter(isVisible);
    if (!visible.length) return;
    const rest = visible.indexOf(document.activeElement);
    if (rest >= 0) {
      visible[(rest + direction + visible.length) % visible.length].focus();
      return;
    }
    // From a row outside the list, go to the nearest one in the direction asked for.
    const after = Node.DOCUMENT_POSITION_FOLLOWING;
    const follows = (row) => Boolean(document.activeElement.compareDocumentPosition(row) & after);
    const ahead = visible.filter((row) => document.activeElement === document.body || follows(row));
    const behind = visible.filter((row) => !ahead.includes(row));
    const next = direction > 0 ? ahead[0] ?? visible[0] : behind.at(-1) ?? visible.at(-1);
    next.focus();
  }

  const rows = () => all(".check, [data-row]");
  function held() {
    const worst = all('.check[data-verdict="fail"], .check[data-verdict="invalid"]').filter(isVisible);
    return worst.length ? worst : all('.check[data-verdict="inconclusive"]');
  }

  const keys = {
    j: () => step(rows(), 1),
    k: () => step(rows(), -1),
    n: () => step(held(), 1),
    p: () => step(held(), -1),
    d: () => document.querySelector('[data-key="d"]')?.click(),
    1: () => document.querySelector('[data-key="1"]')?.click(),
    0: () => document.querySelector('[data-key="0"]')?.click(),
    s: () => document.querySelector('[data-key="s"]')?.click(),
    "?": () => dialog?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    if (localStorage.getItem(KEYS_OFF) && event.key !== "?") return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  all("[data-keys-on]").forEach((box) => {
    box.checked = !localStorage.getItem(KEYS_OFF);
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "1");
    });
  });

  // A live part follows its stream of events. A server with no stream to spare says so, and then the part asks by htmx.
  const POLL_MS = 5000;
  const live = () => document.querySelector("[data-events]");

  function show(text) {
    const part = live();
    const parsed = new DOMParser().parseFromString(text, "text/html");
    const fresh = parsed.getElementById(part.id);
    // The heading's buttons belong to another state by now; only a fresh page has the right ones.
    if (fresh.dataset.acts !== part.dataset.acts) { location.reload(); return; }
    const back = kept();
    window.htmx.swap(part, text, { swapStyle: "outerHTML" });
    back();
  }

  // A table that somebody has scrolled, or stands in, stays as it is when its part is told anew.
  function kept() {
    const seen = all(".scroll[id]").map((at) => [at.id, at.scrollLeft, document.activeElement === at]);
    return () => seen.forEach(([id, left, hadFocus]) => {
      const at = document.getElementById(id);
      if (!at) return;
      at.scrollLeft = left;
      if (hadFocus) at.focus({ preventScroll: true });
    });
  }

  let back = () => {};
  document.addEventListener("htmx:beforeSwap", () => { back = kept(); });
  document.addEventListener("htmx:afterSwap", () => { back(); back = () => {}; });

  let source = null;
  let polls = false;

  function poll() {
    const part = live();
    if (!part) return;
    polls = true;
    if (document.visibilityState === "visible") window.htmx.trigger(part, "poll");
    setTimeout(poll, POLL_MS);
  }

  function follow() {
    const part = live();
    if (!part || polls || document.visibilityState !== "visible") return;
    source = new EventSource(part.dataset.events);
    source.addEventListener("progress", (event) => show(event.data));
    source.addEventListener("done", (event) => { source.close(); show(event.data); });
    source.addEventListener("error", () => {
      // Cut off, it comes back by itself; refused, it is closed for good.
      if (source.readyState === EventSource.CLOSED) poll();
    });
  }

  // A server carries few streams: a page that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => { source?.close(); follow(); });
  window.addEventListener("load", () => { if (window.htmx) follow(); });
})();
