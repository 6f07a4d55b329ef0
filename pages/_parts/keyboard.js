// The keyboard's ways through a page that the order of its parts makes long.
// A picture's own toolbar, which enlarges it, stands before the button below it.
const STOPS = "a[href], button:enabled:not([kind='elementToolbar']), input:enabled, [tabindex='0']";
const BUTTON = "[data-testid='stPopoverButton']";
const BODY = "[data-testid='stPopoverBody']";
let opener = null;

function enter(place) {
  const stop = [...(place?.querySelectorAll(STOPS) ?? [])].find((one) => one.offsetParent);
  stop?.focus();
  return Boolean(stop);
}

// A link before all else, seen only while the focus is on it: past the navigation and the header to what the page is
// about. It moves the focus, not the address: a change of the address would be a step of Back.
function offerSkip({ place, words }) {
  const link = document.createElement("a");
  link.className = "skip-link";
  link.href = location.href;
  link.textContent = words;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    enter(document.querySelector(place));
  });
  document.body.prepend(link);
  return link;
}

// A popover stands at the end of the document, dozens of keys behind its button: a key that opens one goes into it, and
// Escape back to the button. What is in it may still be on its way from the server.
function follow(event) {
  if (event.key === "Escape" && document.activeElement?.closest(BODY)) setTimeout(() => opener?.focus(), 100);
  if (event.key !== "Enter" && event.key !== " ") return;
  const button = event.target.closest?.(BUTTON);
  if (!button) return;
  opener = button;
  const until = performance.now() + 10000;
  const look = () => {
    if (document.activeElement !== button || performance.now() > until) return;
    enter(document.querySelector(BODY)) || setTimeout(look, 100);
  };
  setTimeout(look, 150);
}

export default function ({ data }) {
  const link = offerSkip(data);
  document.addEventListener("keydown", follow, true);
  return () => {
    link.remove();
    document.removeEventListener("keydown", follow, true);
  };
}
