// The pointer on the plots. A picture beside it: asks the server for the galaxy that a plot says it is over, and shows
// what comes back; every text is set as text, never as HTML; pictures are asked for once, after it has rested. And what
// Streamlit does not forward while a lasso or a box is the tool: a click on a point, two on an empty place, a zoom.
const REST = 90; // ms
const PLOTS = ".st-key-plots .js-plotly-plot";
const kept = (window.galexploreHover ??= { pictures: new Map(), at: null, timer: null, card: null, send: null });

function makeCard() {
  const card = document.createElement("figure");
  card.className = "galaxy-hover";
  card.append(document.createElement("img"), document.createElement("figcaption"));
  card.firstChild.alt = "";
  document.body.append(card);
  return card;
}

function show() {
  const found = kept.at && kept.pictures.get(kept.at.id);
  if (!found) return hide(false);
  kept.card ??= makeCard();
  const [picture, words] = kept.card.children;
  picture.src = `data:image/jpeg;base64,${found.picture}`;
  words.textContent = found.words;
  const { x, y } = kept.at;
  const left = Math.min(Math.max(8, x - 76), window.innerWidth - 168);
  const top = y > 226 ? y - 214 : y + 26;
  kept.card.style.transform = `translate(${left}px, ${top}px)`;
  kept.card.classList.add("seen");
}

function hide(leave = true) {
  if (leave) kept.at = null;
  clearTimeout(kept.timer);
  kept.card?.classList.remove("seen");
}

function hover(event) {
  const id = event.points?.[0]?.customdata;
  if (typeof id !== "string" || !event.event) return;
  kept.at = { id, x: event.event.clientX, y: event.event.clientY };
  clearTimeout(kept.timer);
  if (kept.pictures.has(id)) return show();
  hide(false);
  kept.timer = setTimeout(() => kept.at?.id === id && kept.send("ask", id), REST);
}

function zoom(plot, change) {
  const keys = Object.keys(change);
  if (!keys.some((key) => /^[xy]axis\.(range|autorange)/.test(key))) return;
  const name = nameOf(plot);
  const { xaxis, yaxis } = plot._fullLayout;
  const whole = keys.some((key) => key.endsWith("autorange") && change[key]);
  plot._ev.near = !whole;
  lay(plot);
  kept.send("zoom", whole ? { plot: name } : { plot: name, x: [...xaxis.range], y: [...yaxis.range] });
}

function nameOf(plot) {
  return plot.closest('[class*="st-key-latents-"]') ? "latents" : "map";
}

function lay(plot) {
  layImages(plot, plot._ev.near ?? plot.layout.meta?.near, kept.send);
  layRing(plot, images.ring[nameOf(plot)]);
}

function click(plot, event) {
  const id = event.points?.[0]?.customdata;
  const { dragmode } = plot._fullLayout; // Streamlit itself forwards clicks while panning
  if (typeof id === "string" && (dragmode === "lasso" || dragmode === "select")) kept.send("open", id);
  hide();
}

function attach() {
  for (const plot of document.querySelectorAll(PLOTS)) {
    if (!plot.on || !plot._ev || plot._ev.galaxies) continue;
    plot._ev.galaxies = true; // a plot that is built anew has new events
    plot.on("plotly_hover", hover);
    plot.on("plotly_unhover", () => hide());
    plot.on("plotly_selecting", () => hide());
    plot.on("plotly_click", (event) => click(plot, event));
    plot.on("plotly_doubleclick", () => kept.send("clear", true));
    plot.on("plotly_relayout", (change) => zoom(plot, change));
    plot.on("plotly_relayouting", () => lay(plot));
    plot.on("plotly_afterplot", () => lay(plot));
    lay(plot);
  }
}

export default function ({ data, setTriggerValue }) {
  kept.send = setTriggerValue;
  if (data?.picture) {
    if (kept.pictures.size > 500) kept.pictures.clear();
    kept.pictures.set(data.id, { picture: data.picture, words: data.words });
    show();
  }
  takeImages(data);
  attach();
  for (const plot of document.querySelectorAll(PLOTS)) if (plot._ev?.galaxies) lay(plot);
  const clock = setInterval(attach, 400);
  const away = (event) => event.target.closest?.(".js-plotly-plot") || hide();
  const scrolled = () => hide(); // the plot has gone from below the pointer, of which no event tells
  document.addEventListener("mousemove", away);
  document.addEventListener("scroll", scrolled, true);
  return () => {
    clearInterval(clock);
    document.removeEventListener("scroll", scrolled, true);
    document.removeEventListener("mousemove", away);
    hide();
  };
}
