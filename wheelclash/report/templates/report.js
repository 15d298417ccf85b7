"use strict";
(() => {
  const status = document.getElementById("status");
  const say = (text) => { status.textContent = text; };

  for (const button of document.querySelectorAll(".command button")) {
    const text = button.parentElement.querySelector("code");
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
        say("Copied");
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      } catch {
        getSelection().selectAllChildren(text);
        say("Selected; copy it with the keyboard");
      }
    });
  }

  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS") part.open = true;
    }
    const owner = target?.closest("details");
    if (owner) {
      owner.querySelector("summary").focus({ preventScroll: true });
      owner.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  if (location.hash.length > 1) reveal();

  const tools = document.querySelector(".tools");
  if (!tools) return;
  const groups = [...document.querySelectorAll("#files > .group")];
  const filter = tools.querySelector("input");
  const unfold = (open) => {
    for (const group of groups) {
      for (const part of [group, ...group.querySelectorAll("details")]) part.open = open;
    }
  };
  tools.querySelector("[data-fold=open]").addEventListener("click", () => unfold(true));
  tools.querySelector("[data-fold=close]").addEventListener("click", () => unfold(false));
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    let shown = 0;
    for (const group of groups) {
      group.hidden = !group.textContent.toLowerCase().includes(wanted);
      for (const entry of group.querySelectorAll(".entry")) {
        const inOwners = group.querySelector("summary").textContent.toLowerCase().includes(wanted);
        entry.hidden = !inOwners && !entry.textContent.toLowerCase().includes(wanted);
      }
      shown += !group.hidden;
    }
    say(wanted ? `${shown} of ${groups.length} shown` : "");
  });
  tools.hidden = false;
})();
