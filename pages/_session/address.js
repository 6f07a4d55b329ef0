// The address of a page just arrived at, or of one that moved in small steps: written over the one that stands, so that
// Back needs no second press.
export default function ({ data }) {
  if (data) history.replaceState(history.state, "", location.pathname + data.search);
}
