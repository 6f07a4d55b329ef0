// A link before all else on the page, seen only while the keyboard's focus is on it: past the navigation and the header
// to what the page is about. It moves the focus, not the address: a change of the address would be a step of Back.
export default function ({ data }) {
  const link = document.createElement("a");
  link.className = "skip-link";
  link.href = location.href;
  link.textContent = data.words;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const place = document.querySelector(data.place);
    const stops = place?.querySelectorAll("a[href], button:enabled, input:enabled, [tabindex='0']") ?? [];
    [...stops].find((stop) => stop.offsetParent)?.focus();
  });
  document.body.prepend(link);
  return () => link.remove();
}
