// Digits label a galaxy wherever the focus is but in a text field: a toggle keeps the focus that a click gave it, and
// Streamlit hears no shortcut from any input. A key that a toggle would pass over is heard again as the page's own.
function listen() {
  if (window.galexploreKeys) return;
  window.galexploreKeys = true;
  const hear = (event) => {
    const focus = document.activeElement;
    const switched = focus instanceof HTMLInputElement && ["checkbox", "radio", "range"].includes(focus.type);
    if (!event.isTrusted || !switched || !/^[0-5]$/.test(event.key)) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.stopPropagation();
    focus.blur();
    const { key, code } = event;
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  };
  document.addEventListener("keydown", hear, true);
}

// On a tablet the galaxy stands above the ranking that it was opened from: it comes into sight.
function bringIntoSight() {
  const bar = document.querySelector(".st-key-labels");
  if (!bar || !matchMedia("(max-width: 1000px)").matches) return;
  const { top, bottom } = bar.getBoundingClientRect();
  if (top < 0 || bottom > window.innerHeight) bar.scrollIntoView({ block: "center" });
}

export default function () {
  listen();
  requestAnimationFrame(bringIntoSight);
}
