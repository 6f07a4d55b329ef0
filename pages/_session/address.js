// The address of a page just arrived at: written over the bare one, so that Back needs no second press.
export default function ({ data }) {
  if (data?.search) history.replaceState(history.state, "", location.pathname + data.search);
}
