// Digits label a galaxy wherever the focus is but in a text field: a toggle keeps the focus that a click gave it, and
// Streamlit hears no shortcut from any input. A key that a toggle would pass over is heard again as the page's own.
export default function () {
  if (window.galexploreKeys) return;
  window.galexploreKeys = true;
  const hear = (event) => {
    const focus = document.activeElement;
    const switched = focus instanceof HTMLInputElement && ["checkbox", "radio"].includes(focus.type);
    if (!event.isTrusted || !switched || !/^[0-5]$/.test(event.key)) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.stopPropagation();
    focus.blur();
    const { key, code } = event;
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  };
  document.addEventListener("keydown", hear, true);
}
